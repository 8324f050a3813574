"""Run by a peer's own Python: seconds that it takes for a file, as JSON. python peer_speed.py PEER FILE."""

import json
import sys
import time


def libasterix(octets):
    """Every record, every item's value."""
    import asterix.base as base
    import asterix.generated as generated
    from libasterix_says import of_rule

    editions = {10: "Cat_010_1_1", 48: "Cat_048_1_32", 62: "Cat_062_1_21", 240: "Cat_240_1_3"}
    begin = time.perf_counter()
    count = 0
    for block in base.RawDatablock.parse(base.Bits.from_bytes(octets)):
        uap = getattr(generated, editions[block.get_category()]).cv_uap
        for record in uap.parse(block.get_raw_records()):
            if block.get_category() == 240:  # cells as octets: the quickest way from its items to numbers
                b"".join(unit.unparse().to_bytes() for unit in record.get_item("051").variation.get_list())
            else:
                for item in record.items_regular.values():
                    of_rule(item.arg)
            count += 1
    return time.perf_counter() - begin, count


def decoder(octets):
    """asterix-decoder, every record as a dict."""
    import asterix

    begin = time.perf_counter()
    count = len(asterix.parse(octets, verbose=False))
    return time.perf_counter() - begin, count


def pynmea2(octets):
    """Every line as an object, its numbers converted."""
    import pynmea2 as nmea

    lines = octets.decode().splitlines()
    begin = time.perf_counter()
    count = 0
    for line in lines:
        nmea.parse(line)
        count += 1
    return time.perf_counter() - begin, count


if __name__ == "__main__":
    peer, path = sys.argv[1:]
    with open(path, "rb") as file:
        content = file.read()
    run = {"libasterix": libasterix, "decoder": decoder, "pynmea2": pynmea2}[peer]
    seconds, count = min(run(content) for _ in range(3))
    print(json.dumps({"seconds": seconds, "count": count, "octets": len(content)}))
