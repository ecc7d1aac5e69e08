using Cea.Feedback.Classification;
using Cea.Feedback.Trends;

namespace Cea.Feedback.Learning;

/// <summary>
/// Compares champion and challenger, and says why the second may not take the first one's place: it restricts fewer of class 2, or sees fewer critical ones, on the frozen
/// part of the corpus or on last month's confirmed items. One text fewer is fewer: nothing else that it does better is weighed against that.
/// </summary>
internal static class Gate
{
    public const string SensitiveFrozen = "sensitive_fell_frozen", CriticalFrozen = "critical_fell_frozen", SensitiveItems = "sensitive_fell_items", CriticalItems = "critical_fell_items";

    public static (ModelReport Report, string[] Refused) Compare(ITextClassifier champion, ITextClassifier challenger, IReadOnlyList<CodedText> frozen, IReadOnlyList<ConfirmedText> items)
    {
        var (oldFrozen, newFrozen) = (new Readings(champion, frozen), new Readings(challenger, frozen));
        List<CodedText> all = [.. items.Select(i => i.Row)], open = [.. items.Where(i => i.Open).Select(i => i.Row)];
        var (oldItems, newItems) = (new Readings(champion, all), new Readings(challenger, all));
        var refused = new List<string>();
        void Refuse(Share before, Share after, string why)
        {
            if (after.Hit < before.Hit)
                refused.Add(why);
        }
        Refuse(oldFrozen.Sensitive, newFrozen.Sensitive, SensitiveFrozen);
        Refuse(oldFrozen.Critical, newFrozen.Critical, CriticalFrozen);
        Refuse(oldItems.Sensitive, newItems.Sensitive, SensitiveItems);
        Refuse(oldItems.Critical, newItems.Critical, CriticalItems);
        var shown = all.Count == 0 ? null : Shown(champion, challenger, open, (oldItems, newItems));
        return (new ModelReport(champion.Version, new(oldFrozen.Figures(), newFrozen.Figures(), newFrozen.BetterThan(oldFrozen)), shown), [.. refused]);
    }

    // Of items the report says what everybody may know: figures of open ones, by language floored as trends are; of restricted ones two recalls, floored.
    private static Comparison Shown(ITextClassifier champion, ITextClassifier challenger, List<CodedText> open, (Readings Champion, Readings Challenger) all)
    {
        var (before, after) = (new Readings(champion, open), new Readings(challenger, open));
        return new(Floored(before.Figures(), all.Champion), Floored(after.Figures(), all.Challenger), after.BetterThan(before));
    }

    private static Figures Floored(Figures open, Readings all)
    {
        var languages = open.Languages.ToList();
        var table = Suppression.Of([.. languages.Select(l => new[] { l.Texts ?? 0 })], [open.All.Texts ?? 0], additive: true, floored: true);
        return open with
        {
            All = open.All with { Sensitive = Floored(all.Sensitive), Critical = Floored(all.Critical), Rightly = null },
            Languages = [.. languages.Select((l, i) => table[i][0].N is { } n ? l with { Texts = n, Sensitive = null, Critical = null, Rightly = null } : new GroupFigures(l.Name, null, null, null, null, null, null, null))],
        };
    }

    private static Share? Floored(Share share) => share.Of >= Suppression.Floor ? share : null;
}
