using System.Management.Automation;
using System.Management.Automation.Language;

namespace Microsoft.HyperV.PowerShell.Completion;

/// <summary>Chooses from words those that what has been typed begins, and writes them as PowerShell reads them.</summary>
internal static class WordCompletion
{
    private const string Quotes = "'\"‘’‚‛“”„";

    /// <summary>The completions.</summary>
    /// <param name="typed">What has been typed: the beginning of a word or a pattern, perhaps in quotes.</param>
    /// <param name="words">All words, in the order in which they are offered.</param>
    public static IEnumerable<CompletionResult> Of(string typed, IEnumerable<string> words)
    {
        bool quoted = typed.Length > 0 && Quotes.Contains(typed[0]);
        string start = quoted ? typed[1..].TrimEnd(typed[0]) : typed;
        List<CompletionResult> results = [];
        foreach (string word in words)
        {
            // What has been typed may be a name with brackets, which as a pattern means others.
            if (word.StartsWith(start, StringComparison.OrdinalIgnoreCase) || Matches(start + "*", word))
            {
                results.Add(new CompletionResult(quoted || !IsPlain(word) ? Quote(word) : word, word, CompletionResultType.ParameterValue, word));
            }
        }

        return results;
    }

    private static bool Matches(string pattern, string word)
    {
        try
        {
            return WildcardPattern.Get(pattern, WildcardOptions.IgnoreCase).IsMatch(word);
        }
        catch (WildcardPatternException)
        {
            // A bracket that is not closed yet.
            return false;
        }
    }

    // In single quotes nothing has a meaning but the quote itself.
    private static string Quote(string word) => $"'{CodeGeneration.EscapeSingleQuotedStringContent(word)}'";

    // A word that the parser takes for one argument and gives back as it is needs no quotes.
    private static bool IsPlain(string word)
    {
        ScriptBlockAst script = Parser.ParseInput($"x {word}", out _, out ParseError[] errors);
        return errors.Length == 0
            && script.EndBlock.Statements is [PipelineAst { Background: false, PipelineElements: [CommandAst { Redirections.Count: 0, CommandElements: [_, ConstantExpressionAst argument] }] }]
            && argument.Extent.Text == word
            && argument is not StringConstantExpressionAst { StringConstantType: not StringConstantType.BareWord }
            && (argument.Value is not string text || text == word);
    }
}
