using System.Text;

namespace Nestvisor.Shell.Tests;

/// <summary>The everyday commands against what PowerShell answers. All cases run in one shell; each is a test of its own.</summary>
public sealed class CommandTests(CommandTests.Answers answers) : IClassFixture<CommandTests.Answers>
{
    private static readonly (string Script, string Expected)[] Cases =
    [
        // Select-Object
        ("1..5 | Select-Object -First 2", "1,2"),
        ("1..5 | Select-Object -Last 2", "4,5"),
        ("1..5 | Select-Object -Skip 1 -First 2", "2,3"),
        ("1..5 | Select-Object -Skip 1 -Last 2", "3,4"),
        ("1..5 | Select-Object -SkipLast 3", "1,2"),
        ("1..5 | Select-Object -Index 0,3", "1,4"),
        ("1..5 | Select-Object -SkipIndex 0,3", "2,3,5"),
        ("1..5 | Select-Object -First 1 -Last 1", "1,5"),
        ("1,2,1 | Select-Object -Unique", "1,2"),
        ("'a','A' | Select-Object -Unique -CaseInsensitive", "a"),
        ("[pscustomobject]@{a=1;b=2} | Select-Object a,c | ForEach-Object { $_.PSObject.Properties.Name }", "a,c"),
        ("[pscustomobject]@{a=1;b=2} | Select-Object * -ExcludeProperty b | ForEach-Object { $_.PSObject.Properties.Name }", "a"),
        ("[pscustomobject]@{a=1,2} | Select-Object -ExpandProperty a", "1,2"),
        ("(5 | Select-Object @{n='x';e={$_*2}}).x", "10"),
        ("$n = 0; 1..100 | ForEach-Object { $script:n++; $_ } | Select-Object -First 2 | Out-Null; $script:n", "2"),
        ("(Get-Item / | Select-Object Name).PSObject.TypeNames[0]", "Selected.System.IO.DirectoryInfo"),
        // Sort-Object, Group-Object, Measure-Object, Compare-Object
        ("3,1,2 | Sort-Object", "1,2,3"),
        ("3,1,2 | Sort-Object -Descending", "3,2,1"),
        ("'b','A','a' | Sort-Object -Unique", "A,b"),
        ("3,1,2 | Sort-Object -Top 1", "1"),
        ("3,1,2 | Sort-Object -Bottom 1", "3"),
        ("'aa','b' | Sort-Object Length", "b,aa"),
        ("'b','aa' | Sort-Object @{e='Length';Descending=$true}", "aa,b"),
        ("1,2,1 | Group-Object | ForEach-Object { \"$($_.Name)x$($_.Count)\" }", "1x2,2x1"),
        ("('a','bb' | Group-Object Length -AsHashTable)[2]", "bb"),
        ("(1,2,3 | Measure-Object -Sum -Average -Maximum -Minimum).PSObject.Properties | Where-Object Name -in Sum,Average,Maximum,Minimum,Count | ForEach-Object Value", "3,2,6,3,1"),
        ("('a b','c' | Measure-Object -Line -Word -Character).Words", "3"),
        ("(Measure-Object).Count", "0"),
        ("Compare-Object 1,2 2,3 | ForEach-Object { \"$($_.InputObject)$($_.SideIndicator)\" }", "3=>,1<="),
        ("Compare-Object 1,2 2,3 -IncludeEqual -ExcludeDifferent | ForEach-Object { \"$($_.InputObject)$($_.SideIndicator)\" }", "2=="),
        // New-Object, Add-Member, Get-Member, Tee-Object
        ("(New-Object System.Version 1,2).Minor", "2"),
        ("(New-Object PSObject -Property @{a=5}).a", "5"),
        ("(New-Object System.Text.StringBuilder -ArgumentList 'ab').Length", "2"),
        ("(New-Object -TypeName 'System.Collections.Generic.List[int]').Count", "0"),
        ("try { New-Object No.Such } catch { $_.FullyQualifiedErrorId }", "TypeNotFound,Microsoft.PowerShell.Commands.NewObjectCommand"),
        ("try { New-Object -ComObject X } catch { $_.FullyQualifiedErrorId }", "ParameterNotSupported,Microsoft.PowerShell.Commands.NewObjectCommand"),
        ("$o = [pscustomobject]@{}; $o | Add-Member a 1; $o | Add-Member ScriptProperty b { $this.a + 1 }; $o.b", "2"),
        ("($o = [pscustomobject]@{a=1}) | Add-Member -NotePropertyMembers @{b=2} -PassThru | ForEach-Object b", "2"),
        ("('x' | Get-Member Length).MemberType", "Property"),
        ("(1 | Get-Member -Static MaxValue).Name", "MaxValue"),
        ("1,2 | Tee-Object -Variable t | Out-Null; $t", "1,2"),
        // Text and output
        ("1 | Out-String", "1\n"),
        ("[pscustomobject]@{a=1} | Format-List | Out-String -Stream | Where-Object { $_ }", "a : 1"),
        ("[pscustomobject]@{a=1;b=2} | Format-Table a | Out-String -Stream | Where-Object { $_ } | ForEach-Object { $_.TrimEnd() }", "a,-,1"),
        ("[pscustomobject]@{a=1},[pscustomobject]@{a=2} | Format-Wide a -Column 2 | Out-String -Stream | Where-Object { $_ } | ForEach-Object { $_ -replace '\\s+',' ' }", "1 2"),
        ("try { 1 | Format-Wide -AutoSize -Column 2 } catch { $_.FullyQualifiedErrorId }", "FormatCannotSpecifyAutosizeAndColumns,Microsoft.PowerShell.Commands.FormatWideCommand"),
        ("([pscustomobject]@{a=[pscustomobject]@{b=1}} | Format-Custom | Out-String) -match 'class PSCustomObject'", "True"),
        ("Write-Output 1,2", "1,2"),
        ("(Write-Output 1,2 -NoEnumerate).GetType().Name", "Object[]"),
        ("Write-Host a b -Separator - 6>&1", "a-b"),
        ("Write-Verbose v -Verbose 4>&1", "v"),
        ("Write-Warning w 3>&1", "w"),
        ("Write-Information i 6>&1", "i"),
        ("Write-Error e -ErrorId MyId -Category ObjectNotFound 2>&1 | ForEach-Object { \"$_|$($_.FullyQualifiedErrorId)|$($_.CategoryInfo.Category)\" }", "e|MyId|ObjectNotFound"),
        ("Invoke-Expression '$q = 7'; $q", "7"),
        // Select-String; $d is an empty folder
        ("'ab','cd','AB' | Select-String b | ForEach-Object Line", "ab,AB"),
        ("'ab','AB' | Select-String B -CaseSensitive | ForEach-Object { \"$_\" }", "AB"),
        ("'a.b','axb' | Select-String a.b -SimpleMatch | ForEach-Object LineNumber", "1"),
        ("'ab','cd' | Select-String a,x -NotMatch -Raw", "cd"),
        ("'ab','cd' | Select-String x -Quiet; 'ab','cd' | Select-String c -Quiet", "False,True"),
        ("('a1b22' | Select-String '\\d+' -AllMatches).Matches | ForEach-Object Value", "1,22"),
        ("Set-Content \"$d/s\" x,yx,z; Select-String x \"$d/s*\" | ForEach-Object { \"$($_.Filename):$($_.LineNumber):$($_.Line)\" }; Select-String x \"$d/s\" -List | ForEach-Object LineNumber; Remove-Item \"$d/s\"", "s:1:x,s:2:yx,1"),
        ("try { 'a' | Select-String '(' } catch { $_.FullyQualifiedErrorId }", "InvalidRegex,Microsoft.PowerShell.Commands.SelectStringCommand"),
        ("try { 'a' | Select-String a -Context 1 } catch { $_.FullyQualifiedErrorId }", "ParameterNotSupported,Microsoft.PowerShell.Commands.SelectStringCommand"),
        ("(Get-ItemProperty /etc/passwd -Name Name).Name; (Get-ItemProperty /etc/passwd).FullName", "passwd,/etc/passwd"),
        ("Get-ItemProperty /no/such 2>&1 | ForEach-Object FullyQualifiedErrorId", "PathNotFound,Microsoft.PowerShell.Commands.GetItemPropertyCommand"),
        // JSON
        ("@{a=1} | ConvertTo-Json -Compress", "{\"a\":1}"),
        ("1,2 | ConvertTo-Json -Compress", "[1,2]"),
        ("1 | ConvertTo-Json -AsArray -Compress", "[1]"),
        ("[ordered]@{d=1.0;s='a\"b';n=$null;t=$true} | ConvertTo-Json -Compress", "{\"d\":1.0,\"s\":\"a\\\"b\",\"n\":null,\"t\":true}"),
        ("[ConsoleColor]::Red | ConvertTo-Json -EnumsAsStrings", "\"Red\""),
        ("@{a=@{b=@{c=@{d=1}}}} | ConvertTo-Json -Compress -WarningAction SilentlyContinue", "{\"a\":{\"b\":{\"c\":\"System.Collections.Hashtable\"}}}"),
        ("('{\"a\":[1,2.5]}' | ConvertFrom-Json).a", "1,2.5"),
        ("('{\"a\":1}' | ConvertFrom-Json -AsHashtable).Keys", "a"),
        ("('[1,2]' | ConvertFrom-Json -NoEnumerate).Count", "2"),
        ("'{', '\"a\":1}' | ConvertFrom-Json | ForEach-Object a", "1"),
        ("try { '{' | ConvertFrom-Json } catch { $_.FullyQualifiedErrorId }", "System.ArgumentException,Microsoft.PowerShell.Commands.ConvertFromJsonCommand"),
        // Dates and chance
        ("Get-Date 2024-03-01 -Format 'yyyy-MM-dd'", "2024-03-01"),
        ("Get-Date -UnixTimeSeconds 0 -AsUTC -UFormat '%Y-%m-%d %H:%M'", "1970-01-01 00:00"),
        ("(Get-Date -Year 2020 -Month 2 -Day 29).DayOfYear", "60"),
        ("(New-TimeSpan -Minutes 90).TotalHours", "1.5"),
        ("(New-TimeSpan 2024-01-01 2024-01-03).Days", "2"),
        ("(New-Guid).GetType().Name; (New-Guid -Empty).ToString().Substring(0,4)", "Guid,0000"),
        ("(1..9 | Get-Random -Shuffle | Sort-Object) -join ''", "123456789"),
        ("$r = Get-Random -Minimum 3 -Maximum 4; $r", "3"),
        ("try { Get-Random -Minimum 4 -Maximum 4 } catch { $_.FullyQualifiedErrorId }", "MinGreaterThanOrEqualMax,Microsoft.PowerShell.Commands.GetRandomCommand"),
        // Variables and aliases
        ("Set-Variable v1 5; (Get-Variable v1).Value", "5"),
        ("Set-Variable v2 6 -PassThru | ForEach-Object Name", "v2"),
        ("$v3 = 1; Remove-Variable v3; Test-Path variable:v3", "False"),
        ("Get-Variable no_such 2>&1 | ForEach-Object FullyQualifiedErrorId", "VariableNotFound,Microsoft.PowerShell.Commands.GetVariableCommand"),
        ("(Get-Alias select).Definition", "Select-Object"),
        ("Set-Alias zz Get-Date; (Get-Alias zz).Definition", "Get-Date"),
        // Items, content and paths; $d is an empty folder
        ("New-Item \"$d/f\" -Value abc | ForEach-Object Length; Get-Content \"$d/f\"", "3,abc"),
        ("(New-Item \"$d/dir\" -ItemType Directory).Name; Test-Path \"$d/dir\" -PathType Container", "dir,True"),
        ("Test-Path \"$d/none\"; Test-Path \"$d/f\" -PathType Leaf; Test-Path \"$d/f\" -PathType Container", "False,True,False"),
        ("Set-Content \"$d/g\" 1,2,3; Add-Content \"$d/g\" 4; Get-Content \"$d/g\" -Tail 2; (Get-Content \"$d/g\" -Raw).Length", "3,4,8"),
        ("Get-Content \"$d/g\" -TotalCount 1; (Get-Content \"$d/g\" -AsByteStream)[0]; (Get-Content \"$d/g\" -ReadCount 0).Count", "1,49,4"),
        ("Copy-Item \"$d/g\" \"$d/h\"; Move-Item \"$d/h\" \"$d/i\"; Rename-Item \"$d/i\" j; Test-Path \"$d/h\",\"$d/i\",\"$d/j\"", "False,False,True"),
        ("Get-ChildItem $d -File -Name | Sort-Object", "f,g,j"),
        ("Get-ChildItem $d -Directory | ForEach-Object Name", "dir"),
        ("Get-ChildItem \"$d/*\" -Include g | ForEach-Object Name; Get-ChildItem $d -Exclude g -File -Name | Sort-Object", "g,f,j"),
        ("New-Item \"$d/dir/deep\" | Out-Null; Get-ChildItem $d -Recurse -Filter deep -Name", "dir/deep"),
        ("New-Item \"$d/.h\" | Out-Null; (Resolve-Path \"$d/*\" -Force).Path -contains \"$d/.h\"; (Resolve-Path \"$d/*\").Path -contains \"$d/.h\"", "True,False"),
        ("(Get-Item \"$d/*\" -Force).Name -contains '.h'; (Get-Item \"$d/*\").Name -contains '.h'; Remove-Item \"$d/*h\" -Force; Test-Path \"$d/.h\"", "True,False,False"),
        ("(Get-Item \"$d/*\" -Filter '?').Name | Sort-Object; Test-Path \"$d/*\" -Filter [f]", "f,g,j,False"),
        ("Get-Item variable:* -Filter x 2>&1 | ForEach-Object FullyQualifiedErrorId", "NotSupported,Microsoft.PowerShell.Commands.GetItemCommand"),
        ("Get-ChildItem env: -Filter x 2>&1 | ForEach-Object FullyQualifiedErrorId", "NotSupported,Microsoft.PowerShell.Commands.GetChildItemCommand"),
        ("Write-Progress a -SourceId 7 -PercentComplete 5; Write-Progress a -SourceId 7 -Completed; 'done'", "done"),
        ("Remove-Item \"$d/dir\" -Recurse; Test-Path \"$d/dir\"", "False"),
        ("Remove-Item \"$d/f\" -WhatIf 6>$null; Test-Path \"$d/f\"; Remove-Item \"$d/f\"; Test-Path \"$d/f\"", "True,False"),
        ("Get-Item \"$d/none\" 2>&1 | ForEach-Object FullyQualifiedErrorId", "PathNotFound,Microsoft.PowerShell.Commands.GetItemCommand"),
        ("Get-ChildItem \"$d/none\" 2>&1 | ForEach-Object FullyQualifiedErrorId", "PathNotFound,Microsoft.PowerShell.Commands.GetChildItemCommand"),
        ("Remove-Item \"$d/none\" 2>&1 | ForEach-Object FullyQualifiedErrorId", "PathNotFound,Microsoft.PowerShell.Commands.RemoveItemCommand"),
        ("try { Get-Item $d -Stream x } catch { $_.FullyQualifiedErrorId }", "ParameterNotSupported,Microsoft.PowerShell.Commands.GetItemCommand"),
        ("Join-Path a b; Join-Path a b c; Join-Path a,b c", "a/b,a/b/c,a/c,b/c"),
        ("Split-Path /a/b.txt; Split-Path /a/b.txt -Leaf; Split-Path /a/b.txt -LeafBase; Split-Path /a/b.txt -Extension; Split-Path a -IsAbsolute", "/a,b.txt,b,.txt,False"),
        ("(Resolve-Path /etc/pass[w]d).Path; Convert-Path /etc/../etc", "/etc/passwd,/etc"),
        ("Push-Location /; (Get-Location).Path; Set-Location /etc; Set-Location -; (Get-Location).Path; Pop-Location", "/,/"),
        ("Set-Item env:NV_X 5; $env:NV_X; Get-Content env:NV_X", "5,5"),
        ("New-PSDrive C FileSystem /etc | ForEach-Object Name; Test-Path C:/passwd; Remove-PSDrive C", "C,True"),
        ("'x' | Out-File \"$d/o\"; 'y' | Out-File \"$d/o\" -Append; Get-Content \"$d/o\"", "x,y"),
        ("try { 'x' | Out-File \"$d/o\" -NoClobber } catch { $_.FullyQualifiedErrorId }", "NoClobber,Microsoft.PowerShell.Commands.OutFileCommand"),
        ("'a' > \"$d/p\"; Get-Content \"$d/p\"", "a"),
        ("'t' | Tee-Object -FilePath \"$d/q\"; Get-Content \"$d/q\"", "t,t"),
        // Processes
        ("(Get-Process -Id $PID).Id -eq $PID", "True"),
        ("Get-Process no-such 2>&1 | ForEach-Object FullyQualifiedErrorId", "NoProcessFoundForGivenName,Microsoft.PowerShell.Commands.GetProcessCommand"),
        ("(Start-Process sh '-c \"exit 3\"' -Wait -PassThru).ExitCode", "3"),
        ("Start-Process echo 'a b' -Wait -RedirectStandardOutput \"$d/out\"; Get-Content \"$d/out\"", "a b"),
        ("$p = Start-Process sleep 600 -PassThru; Stop-Process $p -Force; Wait-Process -InputObject $p -Timeout 60; $p.HasExited", "True"),
        ("try { Start-Process x -Verb RunAs } catch { $_.FullyQualifiedErrorId }", "ParameterNotSupported,Microsoft.PowerShell.Commands.StartProcessCommand"),
        ("(Measure-Command { Start-Sleep -Milliseconds 1 }).TotalMilliseconds -ge 1", "True"),
    ];

    public static TheoryData<string, string> Data
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var (script, expected) in Cases)
                data.Add(script, expected);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Data))]
    public void Command_Run_AnswersAsPowerShell(string script, string expected) => Assert.Equal(expected, answers.Of(script));

    public sealed class Answers
    {
        private readonly Dictionary<string, string> _answers = [];

        public Answers()
        {
            using var folder = new TemporaryFolder();
            var data = Directory.CreateDirectory(Path.Combine(folder.Path, "data")).FullName;
            var script = new StringBuilder($"$d = '{data}'\n");
            for (var i = 0; i < Cases.Length; i++)
                script.Append($"'<<{i}>>' + ((. {{ {Cases[i].Script} }} | ForEach-Object {{ \"$_\" }}) -join ',') + '<<end>>'\n");
            var result = ShellProcess.Run("-NoProfile", "-File", folder.File("cases.ps1", script.ToString()));
            for (var i = 0; i < Cases.Length; i++)
            {
                var start = result.Output.IndexOf($"<<{i}>>", StringComparison.Ordinal);
                var end = start < 0 ? -1 : result.Output.IndexOf("<<end>>", start, StringComparison.Ordinal);
                _answers[Cases[i].Script] = end < 0 ? $"no answer: {result.Error}" : result.Output[(start + $"<<{i}>>".Length)..end];
            }
        }

        public string Of(string script) => _answers[script];
    }
}
