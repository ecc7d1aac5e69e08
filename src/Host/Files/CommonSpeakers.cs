using Cea.Feedback.Items;
using Cea.Feedback.Trends;

namespace Cea.Host.Files;

/// <summary>Who spoke, as codes of <see cref="SpeakerFacts"/>; null: not asked, not agreed to, or too few to leave.</summary>
/// <param name="Diversity">Several are joined by <see cref="Between"/>.</param>
internal sealed record WhoSpoke(string? Sex, string? AgeBand, string? Diversity)
{
    public const char Between = '|';
    public static readonly WhoSpoke Nothing = new(null, null, null);

    public static WhoSpoke Of(string? sex, string? ageBand, IEnumerable<string> diversity) => new(sex, ageBand, string.Join(Between, diversity.Order(StringComparer.Ordinal)) is { Length: > 0 } joined ? joined : null);
}

/// <summary>
/// Decides what of who spoke may stand in exports (S12): sex, then age among those of a sex, then diversity among those of sex and age, each only where at least
/// <see cref="Suppression.Floor"/> items of the same place, month and language say the same. Items that say nothing are never fewer than that either, unless there are none: one who alone is
/// left out among many of a kind would be known by it. So whoever knows place, month, language, sex, age and diversity of somebody finds at least ten items in all files together, or none.
/// </summary>
internal sealed class CommonSpeakers
{
    private static readonly Func<WhoSpoke, string?>[] Facts = [w => w.Sex, w => w.AgeBand, w => w.Diversity];
    private readonly Dictionary<(Among, WhoSpoke), WhoSpoke> _leaves = [];

    /// <param name="groups">A count of 0: of items that are there and say nothing, but are none of the ten among whom somebody may be left out.</param>
    public CommonSpeakers(IEnumerable<(Among Among, WhoSpoke Said, int Count)> groups)
    {
        foreach (var among in groups.GroupBy(g => g.Among))
            Divide(among.Key, [.. among.Select(g => (g.Said, g.Count))], [], 0);
    }

    /// <param name="Month">Its first day.</param>
    /// <param name="Language">Whether or not a row shows it.</param>
    internal sealed record Among(int Place, DateOnly Month, string Language);

    public WhoSpoke Leaves(Among among, WhoSpoke said) => _leaves.GetValueOrDefault((among, said), WhoSpoke.Nothing);

    private void Divide(Among among, List<(WhoSpoke Said, int Count)> rows, string?[] shown, int depth)
    {
        if (depth == Facts.Length)
        {
            foreach (var (said, _) in rows)
                _leaves[(among, said)] = new WhoSpoke(shown[0], shown[1], shown[2]);
            return;
        }
        var of = Facts[depth];
        var counts = rows.Where(r => of(r.Said) is not null).GroupBy(r => of(r.Said)!).Select(g => (Value: g.Key, Count: g.Sum(r => r.Count))).OrderBy(g => g.Count).ThenBy(g => g.Value, StringComparer.Ordinal).ToList();
        var leaving = counts.Where(c => c.Count >= Suppression.Floor).ToList();
        while (leaving.Count > 0 && rows.Where(r => leaving.All(l => l.Value != of(r.Said))).ToList() is { Count: > 0 } rest && rest.Sum(r => r.Count) < Suppression.Floor)
            leaving.RemoveAt(0); // the fewest go with those who say nothing
        foreach (var part in rows.GroupBy(r => leaving.Any(l => l.Value == of(r.Said)) ? of(r.Said) : null))
            Divide(among, [.. part], [.. shown, part.Key], depth + 1);
    }
}
