namespace Nestvisor.Shell;

/// <summary>The text of <c>--help</c>.</summary>
internal static class Usage
{
    /// <summary>The text, with its last line break.</summary>
    public const string Text = """
        Usage: nestvisor [options]
               nestvisor [options] -Command <text | ->
               nestvisor [options] [-File] <script.ps1> [arguments]

        A PowerShell with the Hyper-V commands of Nestvisor. Without -Command or -File it prompts.

          -Command, -c <text>       run the text and end; '-' reads it from standard input; must be last
          -File, -f <script>        run a script and end; what follows are the script's arguments
          -EncodedCommand, -e <b64> like -Command; the text is Base64 of UTF-16
          -NoProfile, -nop          do not run the profile ($PROFILE)
          -NonInteractive, -noni    never ask; whatever would ask fails
          -NoExit, -noe             go on to the prompt after -Command or -File
          -NoLogo                   start the prompt without a banner
          -WorkingDirectory, -wd    the folder to start in
          -ExecutionPolicy, -ep     accepted and without effect on Linux, as in pwsh
          --version                 print the version
          --help                    print this text

        Exit codes: that of 'exit N'; 1 when the last command failed or an error ended the script; 64 for a wrong option; otherwise 0.

        Examples:
          nestvisor -Command Get-VM
          nestvisor -File samples/nested-lab.ps1

        """;
}
