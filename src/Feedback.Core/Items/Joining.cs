using Cea.Feedback.Safeguarding;
using Cea.Feedback.Texts;
using Npgsql;

namespace Cea.Feedback.Items;

/// <summary>Which item of a person a further message belongs to, if any (S5).</summary>
internal static class Joining
{
    public static readonly TimeSpan Within = TimeSpan.FromHours(48), ReopenWithin = TimeSpan.FromDays(14);

    /// <summary>
    /// A message joins the person's last open item, unless it is coded above it: then it is an item of its own, and the first shows nothing. An answer to a closed
    /// one opens it again; thanks for it, and what is no sentence, wait there to be read.
    /// </summary>
    public static (KnownItem? Item, bool Reopen) Place(Prepared m, PersonState person, DateTimeOffset now, Func<KnownItem, bool> holds)
    {
        var open = person.Items.LastOrDefault(i => i.IsOpen && !i.Leaves && Lasts(i, now) && holds(i));
        if (open is not null)
            return (open, false);
        var done = person.Items.LastOrDefault(i => !i.IsOpen && !i.Leaves && Lasts(i, now) && holds(i));
        return done is null ? (null, false) : (done, Reopens(m));
    }

    /// <summary>Whether an item takes in what is said now: an open one for a while after the last message, a closed one after it was done.</summary>
    public static bool Lasts(KnownItem item, DateTimeOffset now) => item.IsOpen ? now - item.LastMessageAt < Within : item.DoneAt is { } at && now - at < ReopenWithin;

    /// <summary>Whether what is said opens a closed item: anything but thanks and what is no sentence, and those too where a file comes with them, they are urgent, or nobody can say what they are.</summary>
    public static bool Reopens(Prepared m) =>
        m.Coded.Type is not ("praise" or "incomplete") || m.Received.Media.Count > 0 || m.Coded.Circle.Id != Circle.Open.Id || Coded.RankOf(m.Coded.Urgency) > Coded.RankOf("normal");

    /// <summary>Whether an item of this circle may take in what is coded for another. What nobody has checked joins only what waits for its check too.</summary>
    public static bool Holds(Circle said, short circleId) => circleId == said.Id || (said.Id == Circle.Open.Id && circleId != Circle.Open.Id);

    /// <summary>Whether a text names somebody who sees the item that it would join: then he must not see it there (S4).</summary>
    public static async Task<bool> NamesReaderAsync(NpgsqlConnection connection, string text, short[] circles, int audience, TriageFacts facts, CancellationToken ct)
    {
        var folded = TextBook.Fold(text);
        var named = facts.People.Where(p => circles.Contains(p.CircleId) && Conflict.Mentions(folded, p.Names)).Select(p => p.OfficerId).ToArray();
        if (named.Length == 0)
            return false;
        await using var command = new NpgsqlCommand("select exists (select 1 from officer_access where officer_id = any ($1) and $2 = any (audiences))", connection) { Parameters = { new() { Value = named }, new() { Value = audience } } };
        return await command.ExecuteScalarAsync(ct) is true;
    }
}
