using Iced.Intel;
using Nestvisor.Engine.Software.Blocks;
using Nestvisor.Engine.Software.Interpreter;
using Nestvisor.Engine.Software.Translation;

namespace Nestvisor.Engine.Software.Comparison;

/// <summary>Whether the two runs agree, and what is done if they do not.</summary>
internal sealed unsafe partial class TierComparison
{
    private const int NoticeRounds = 200;

    private bool Agrees(Outcome outcome)
    {
        if (outcome.End != _expectedEnd && MayLeaveAt(outcome.End, outcome.Site.IsSplit))
        {
            InterpretUpTo(outcome.End);
        }

        return outcome.End == _expectedEnd
            && IsOfThisBlock(outcome.Site)
            && outcome.Tables
            && (outcome.End != ByWay || _s->Rip == _expected->Rip)
            && _expected->Agrees(_s, _vectors)
            && _system->Different(_s) < 0
            && _memory.Agrees();
    }

    private bool IsOfThisBlock(ExitSite site) =>
        site == ComparisonRoutines.LandingSite || (site.Kind != ExitSite.Stale && _cache.Block(site.Block) == _translation);

    // What native code leaves to the interpreter although that finds nothing in the way: what is rare in divisions, FLDCW and strings, a
    // range of several accesses that lies on two pages or is written where the piece ended before, a page whose entry for reads went to
    // another one, and ways that look whether there is something to attend to.
    private bool MayLeaveAt(int operation, bool split)
    {
        int expected = _expectedEnd == ByWay ? int.MaxValue : _expectedEnd;
        if (operation < _first || operation >= expected)
        {
            return false;
        }

        Op* op = _translation->Block->Ops + operation;
        bool begins = operation + 1 < _translation->Block->Count && IsNative(operation + 1) && _translation->Resume[operation + 1] == 0;
        return split
            || _memory.HasBorrowed
            || (begins && _memory.Pages.HasReadOnly)
            || RecipeTable.Of((Code)op->Code) is Recipe.Divide or Recipe.SignedDivide or Recipe.LoadX87Control or Recipe.RepeatedStore
                or Recipe.RepeatedMove
            || ((operation == _translation->Block->Count - 1 || (op->Flags & OpFlags.GoesOn) != 0) && Volatile.Read(ref _s->Attention) != 0);
    }

    // Expects what the interpreter had come to before an operation.
    private void InterpretUpTo(int operation)
    {
        StateImage actual = default;
        actual.Save(_s, _vectors);
        uint flags = _s->NativeFlags;
        GoBack();
        Interpret(operation);
        actual.Restore(_s, _vectors);
        _s->NativeFlags = flags;
        _processor.SelectTables();
    }

    // Memory may have changed between the two runs: native code runs once more, on copies of what the interpreter has found. If it agrees
    // now, others have written, and the piece says nothing.
    private void TryAgain(Outcome first)
    {
        bool stale = first.Site.Kind == ExitSite.Stale && first.Site != ComparisonRoutines.LandingSite;
        StateImage actual = default;
        actual.Save(_s, _vectors);
        GoBack();
        Interpret(int.MaxValue);
        _memory.Isolate();
        Outcome second = Execute();
        if (!stale && !Agrees(second))
        {
            string description = Describe(second);
            if (!IsCodeChanged())
            {
                throw new TierDifferenceException(description);
            }
        }

        LeftOut++;
        actual.Restore(_s, _vectors);
        _processor.SelectTables();
    }

    private void GoBack()
    {
        _start->Restore(_s, _vectors);
        _processor.SelectTables();
        _memory.Rewind();
    }

    // Another processor may have written the code between its decoding and its translation: what is native is newer then, and the notice
    // is on its way.
    private bool IsCodeChanged()
    {
        Block* block = _translation->Block;
        for (int i = 0; i < NoticeRounds && block->Stale == 0; i++)
        {
            _processor.LeaveGuest();
            Thread.Sleep(1);
            _processor.EnterGuest();
        }

        return block->Stale != 0;
    }
}
