"""Run by the oracle's own Python: what libasterix (MIT) reads in ASTERIX blocks, as JSON.

Standard input: lines "category edition profile hex" (profile: plot, track, or - where there is one). Standard output:
per line a list of records, each {item: value} in the order of the standard, where a value is a number, a text, hex, a
list of repetitions, or a dict of subitems.
"""

import json
import sys

import asterix.base as base
import asterix.generated as generated


def content(rule, obj):
    """A number in its unit, a text, or the raw integer."""
    if isinstance(rule, base.RuleContentDependent):
        return obj.as_uint()
    c = rule._get_content()
    if isinstance(c, base.ContentQuantity):
        return c._as_quantity()
    if isinstance(c, base.ContentInteger):
        return c.as_integer()
    if isinstance(c, base.ContentString):
        return c.as_string()
    return obj.as_uint()


def flat(variation):
    """Values of a variation in order; spares left out."""
    if isinstance(variation, base.Element):
        return [content(variation._get_rule(), variation)]
    if isinstance(variation, base.Group):
        return [v for item in variation.arg for v in of_item(item)]
    if isinstance(variation, base.Extended):
        return [v for group in variation.arg for item in group if item is not None for v in of_item(item)]
    if isinstance(variation, base.Repetitive):
        return [flat(each) for each in variation.arg]
    if isinstance(variation, base.Compound):
        return {name: of_rule(sub.arg) for name, sub in variation.arg.items()}
    return variation.get_bytes().hex()


def of_rule(rule):
    if isinstance(rule, base.RuleVariationDependent):
        parsed = rule.cv_default_variation._parse(rule.bs)
        return flat(parsed[0])
    return flat(rule.arg)


def of_item(item):
    return [] if isinstance(item, base.Spare) else of_rule(item.arg.arg)


def main():
    for line in sys.stdin:
        category, edition, profile, octets = line.split()
        cat = getattr(generated, f"Cat_{int(category):03d}_{edition.replace('.', '_')}")
        blocks = base.RawDatablock.parse(base.Bits.from_bytes(bytes.fromhex(octets)))
        if isinstance(blocks, ValueError):
            print(json.dumps(str(blocks)))
            continue
        uap = cat.cv_uap
        parsed = []
        for block in blocks:
            content_bits = block.get_raw_records()
            records = uap.parse(content_bits) if profile == "-" else uap.parse(profile, content_bits)
            if isinstance(records, ValueError):
                parsed = str(records)
                break
            parsed += [{name: of_rule(item.arg) for name, item in record.items_regular.items()} for record in records]
        print(json.dumps(parsed))


if __name__ == "__main__":
    main()
