"""The commands' help and every error in the user's language, from the same catalogue as all that an officer reads.

A text of the program is looked up as it is. An error comes with its values filled in: it is matched to the catalogue's
entries, whose values are numbered ("{1}: is empty; give a log with at least one line"), and said anew around them.
"""

import functools
import re

import click

from vts.wording import catalogue_of, columns

FIELD = re.compile(r"\{[^{}]*\}")
FORBIDDEN_FIRST = "，。；：、）》”！？,.;:)]"  # no line begins with one of these
UNIT = re.compile(r"[\x21-\x7e]+|\s+|.", re.S)  # a Latin word stays together, a Chinese line may break anywhere


def said(text, lang):
    """A text of the program in a language, with the values that it holds; as it is where the catalogue has none."""
    known = catalogue_of(lang)
    if not known or not text:
        return text
    if text in known:
        return known[text]
    for pattern, answer in _templates(lang):
        if found := pattern.fullmatch(text):
            return answer.format("", *(said(value, lang) for value in found.groups()))
    return text


@functools.cache
def _templates(lang):
    """(pattern, translation) of every entry with numbered values, the wordiest first."""
    entries = [(key, answer) for key, answer in catalogue_of(lang).items() if "{1}" in key]
    entries.sort(key=lambda entry: -len(FIELD.sub("", entry[0])))
    return [(re.compile("(.*?)".join(map(re.escape, FIELD.split(key))), re.S), answer) for key, answer in entries]


def numbered(template):
    """A template with its values numbered, as the catalogue of errors names them."""
    counter = iter(range(1, 100))
    return FIELD.sub(lambda _: f"{{{next(counter)}}}", template)


def wrapped(text, width):
    """The lines of a text, none wider than `width` columns where its words allow."""
    lines, line = [], ""
    for unit in UNIT.findall(" ".join(text.split())):
        if columns(line + unit) > width and unit not in FORBIDDEN_FIRST and line.strip():
            lines.append(line.rstrip())
            line = "" if unit.isspace() else unit
        else:
            line += unit
    return [*lines, line.rstrip()]


class Formatter(click.HelpFormatter):
    """click's pages of help in a language."""

    def __init__(self, lang, **given):
        super().__init__(**given)
        self._lang = lang

    def write_usage(self, prog, args="", prefix=None):
        words = re.sub(r"[A-Z]+", lambda word: said(word[0], self._lang), args)
        self.write(f"{said('Usage:', self._lang)}{prog} {words}\n")

    def write_heading(self, heading):
        super().write_heading(said(heading, self._lang))

    def write_text(self, text):
        for paragraph in text.split("\n\n"):
            spoken = said(" ".join(paragraph.split()), self._lang)
            for line in wrapped(spoken, self.width - self.current_indent):
                self.write(f"{'':{self.current_indent}}{line}\n")
            self.write("\n")
        self.buffer.pop()  # the last empty line

    def write_dl(self, rows, col_max=30, col_spacing=2):
        first = min(max(columns(name) for name, _ in rows), col_max) + col_spacing
        for name, text in rows:
            says, _, extra = text.partition("  [")
            extras = "；".join(said(part, self._lang) for part in extra.removesuffix("]").split("; ")) if extra else ""
            spoken = said(says, self._lang) + (f"［{extras}］" if extras else "")
            lines = wrapped(spoken, max(self.width - first - self.current_indent, 20))
            head = f"{'':{self.current_indent}}{name}"
            if columns(name) > first - col_spacing:
                self.write(f"{head}\n")
                head = ""
            self.write(f"{head:<{first + self.current_indent}}{lines[0]}\n")
            for line in lines[1:]:
                self.write(f"{'':{first + self.current_indent}}{line}\n")
