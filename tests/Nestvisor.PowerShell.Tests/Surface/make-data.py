#!/usr/bin/env python3
"""Makes Data/commands.tsv and Data/types.tsv, what Hyper-V's own module looks like, for the tests of the surface.

    make-data.py COMMANDS.json TYPES.json

COMMANDS.json is a description of the module `Hyper-V` 2.0.0.0 as Get-Command shows it on Windows:
  {"cmdlets": [{"name": ..., "default_parameter_set": ..., "supports_should_process": bool, "confirm_impact": ... or null,
                "output_types": [...], "parameters": [
     {"name": ..., "type": PowerShell's name of the type, "aliases": [...], "validation": ["ValidateRange(1, 2)", ...],
      "sets": [{"set": name or "(All)", "mandatory": bool, "position": number or null, "pipeline": false or ["ByValue", "ByPropertyName"]}]}]}]}
TYPES.json describes the types of its assemblies:
  {"types": {full name: {"kind": "enum", "values": {name: number}} or
                        {"kind": "class", "properties": {name: C#'s name of the type, with namespaces}}}}

commands.tsv has a line that begins with the name for each command: default parameter set, ConfirmImpact ('-' without
ShouldProcess), output types. The lines after it that begin with a tab are its parameters: name, type, sets, aliases, validation. A set
is NAME:POSITION with ! if it is mandatory, v if the pipeline binds by value, n if it binds by property name; * is all sets and '-' no
position. types.tsv has a line for each type, but for the commands' classes and those without
properties: name, kind, members as NAME=NUMBER or NAME:TYPE. In types '~' stands for Microsoft.HyperV.PowerShell, and '?' for Nullable; System and what a type accelerator names are left out.
"""
import json
import os
import re
import sys

HEADER = "# Made by make-data.py, which says what the columns mean.\n"
ACCELERATORS = {
    "string": "String", "switch": "SwitchParameter", "bool": "Boolean", "byte": "Byte", "int": "Int32", "int16": "Int16", "long": "Int64",
    "uint16": "UInt16", "uint32": "UInt32", "uint64": "UInt64", "guid": "Guid", "timespan": "TimeSpan", "datetime": "DateTime",
    "version": "Version", "hashtable": "Hashtable", "psobject": "PSObject", "pscredential": "PSCredential", "ciminstance": "CimInstance",
    # The generator of such descriptions shows this attribute in place of the type that it stands at.
    "System.Management.Automation.CredentialAttribute()": "PSCredential",
}


def type_name(name):
    if name.endswith("[]"):
        return type_name(name[:-2]) + "[]"
    nullable = re.fullmatch(r"System\.Nullable\[(.*)\]", name)
    if nullable:
        return type_name(nullable[1]) + "?"
    generic = re.fullmatch(r"System\.(?:Collections\.Generic\.)?(\w+)<(.*)>", name)
    if generic:
        return type_name(generic[2]) + "?" if generic[1] == "Nullable" else "{}<{}>".format(generic[1], type_name(generic[2]))
    name = ACCELERATORS.get(name, name)
    name = re.sub(r"^Microsoft\.Management\.Infrastructure\.", "", name)
    return re.sub(r"^Microsoft\.HyperV\.PowerShell\.", "~", re.sub(r"^System\.(?=\w+$)", "", name))


def set_text(entry):
    pipeline = entry["pipeline"] or []
    return "{}:{}{}{}{}".format(
        "*" if entry["set"] == "(All)" else entry["set"], "-" if entry["position"] is None else entry["position"],
        "!" if entry["mandatory"] else "", "v" if "ByValue" in pipeline else "", "n" if "ByPropertyName" in pipeline else "")


def validation_text(rule):
    name, arguments = re.fullmatch(r"(?:Validate)?(\w+)\((.*)\)", rule).groups()
    values = [value.strip().strip("'") for value in arguments.split(",")]
    return name if values == [""] else "{}({})".format(name, ",".join(values))


def line(*columns):
    return "\t".join(columns).rstrip("\t") + "\n"


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "Data")
    with open(sys.argv[1], encoding="utf-8") as source, open(os.path.join(folder, "commands.tsv"), "w", encoding="utf-8") as target:
        target.write(HEADER)
        for command in sorted(json.load(source)["cmdlets"], key=lambda command: command["name"]):
            target.write(line(
                command["name"], command["default_parameter_set"] or "*",
                command["confirm_impact"] if command["supports_should_process"] else "-",
                ";".join(sorted(type_name(name) for name in command["output_types"] or []))))
            for parameter in sorted(command["parameters"], key=lambda parameter: parameter["name"]):
                target.write(line(
                    "", parameter["name"], type_name(parameter["type"]), ";".join(sorted(map(set_text, parameter["sets"]))),
                    ";".join(sorted(parameter.get("aliases", []))), ";".join(sorted(map(validation_text, parameter.get("validation", []))))))
    with open(sys.argv[2], encoding="utf-8") as source, open(os.path.join(folder, "types.tsv"), "w", encoding="utf-8") as target:
        target.write(HEADER)
        for name, entry in sorted(json.load(source)["types"].items()):
            if entry["kind"] == "enum":
                values = sorted(entry["values"].items(), key=lambda pair: (pair[1], pair[0]))
                target.write(line(type_name(name), "enum", ";".join(f"{member}={number}" for member, number in values)))
            elif entry["properties"] and ".Commands." not in name:
                properties = sorted(entry["properties"].items())
                target.write(line(type_name(name), "class", ";".join(f"{member}:{type_name(kind)}" for member, kind in properties)))


main()
