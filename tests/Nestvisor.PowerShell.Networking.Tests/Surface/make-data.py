#!/usr/bin/env python3
"""Makes Data/commands.tsv, what Windows' commands on networks look like, for the tests of the surface.

    make-data.py COMMANDS.json

COMMANDS.json describes the modules NetNat, NetAdapter, NetTCPIP and DnsClient as their documentation gives them:
  {"cmdlets": [{"name": ..., "module": ..., "default_parameter_set": name or null, "supports_should_process": bool, "parameter_sets": [
     {"name": ..., "parameters": [{"name": ..., "type": ..., "aliases": [...], "position": number or null, "mandatory": bool,
       "pipeline": false or ["ByValue", "ByPropertyName"], "accepted_values": [...] or null}]}]}]}

A line that begins with the name is a command: its module, its default parameter set or '*', and '+' if it has -WhatIf and -Confirm. The
lines after it that begin with a tab are its parameters: name, type, sets, aliases. A set is NAME:POSITION with ! if it is mandatory, v if
the pipeline binds by value, n if it binds by property name; '*' is all sets and '-' no position. A type with a choice of values is that
choice, such as {IPv4|IPv6}. Objects of all CIM classes are CimInstance.
"""
import json
import os
import sys


def type_text(parameter):
    name = parameter["type"]
    array = "[]" if name.endswith("[]") else ""
    values = parameter["accepted_values"]
    return "{" + "|".join(sorted(values)) + "}" + array if values and not name.startswith("Boolean") else name


def set_text(name, parameter):
    pipeline = parameter["pipeline"] or []
    return "{}:{}{}{}{}".format(
        name, "-" if parameter["position"] is None else parameter["position"], "!" if parameter["mandatory"] else "",
        "v" if "ByValue" in pipeline else "", "n" if "ByPropertyName" in pipeline else "")


def main():
    lines = ["# Made by make-data.py, which says what the columns mean.\n"]
    with open(sys.argv[1], encoding="utf-8") as file:
        commands = [command for command in json.load(file)["cmdlets"] if command["module"] != "Hyper-V"]
    for command in sorted(commands, key=lambda command: command["name"]):
        default = command["default_parameter_set"]
        sets = command["parameter_sets"]
        lines.append("\t".join([
            command["name"], command["module"], default if default and len(sets) > 1 else "*", "+" if command["supports_should_process"] else "-"]) + "\n")
        parameters = {}
        for entry in sets:
            for parameter in entry["parameters"]:
                if parameter["name"] not in ("WhatIf", "Confirm"):
                    parameters.setdefault(parameter["name"], []).append((entry["name"], parameter))
        for name, uses in sorted(parameters.items()):
            texts = {set_text("*", parameter) for _, parameter in uses}
            shown = texts if len(texts) == 1 and len(uses) == len(sets) else {set_text(entry, parameter) for entry, parameter in uses}
            lines.append("\t".join(["", name, type_text(uses[0][1]), ";".join(sorted(shown)), ";".join(sorted(uses[0][1]["aliases"]))]).rstrip() + "\n")
    with open(os.path.join(os.path.dirname(__file__), "Data", "commands.tsv"), "w", encoding="utf-8") as file:
        file.writelines(lines)


main()
