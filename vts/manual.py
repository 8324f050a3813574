"""The manual page of all commands, in troff, from what the commands say of themselves."""


def manual(main, version):
    """The text of vts.1; `main` is the click group of all commands, which is only asked for what it holds."""
    lines = [f'.TH VTS 1 "" "lingding {version}"', ".SH NAME", "vts \\- watch vessels, from a log's bytes to risk"]
    lines += [".SH SYNOPSIS", ".B vts", ".I COMMAND", "[OPTIONS] ARGUMENTS", ".SH COMMANDS"]
    for name, command in main.commands.items():
        lines += _about(f"vts {name}", command)
    lines += [
        ".SH EXIT STATUS",
        "0 done, 1 done with alerts where \\-\\-fail\\-on asked, 2 usage, 3 bad input, 130 interrupted.",
    ]
    return "\n".join(lines) + "\n"


def _about(name, command):
    """The lines of a command, or of all commands of a group."""
    if hasattr(command, "commands"):
        return [line for inner, one in command.commands.items() for line in _about(f"{name} {inner}", one)]
    usage = " ".join(command.collect_usage_pieces(command.context_class(command, info_name=name)))
    lines = [f".SS {name} {_plain(usage)}", *(_plain(line.strip()) or ".PP" for line in command.help.splitlines())]
    for parameter in command.params:
        if parameter.param_type_name == "option":
            says = _plain(parameter.help) or _plain(parameter.name)
            lines += [".TP", f".B {_plain(', '.join(parameter.opts))}", says]
    return lines


def _plain(text):
    return (text or "").replace("\\", "\\e").replace("-", "\\-")
