using Cea.Feedback.Classification;
using Cea.Feedback.Items;
using Cea.Feedback.Storage;
using Npgsql;

namespace Cea.Feedback.Learning;

/// <summary>An item whose codes somebody confirmed, as an example to learn from. <see cref="Open"/>: everybody who handles items may see it.</summary>
public sealed record ConfirmedText(Guid ItemId, DateTimeOffset At, bool Open, CodedText Row);

/// <summary>
/// Confirmed codes with their texts, for training alone: open items and those of class 1; of what is sealed only the copies that its circle allowed to be kept. What a
/// person asked to have erased, what was made anonymous, what still waits for its check and what only a machine has heard is not in it.
/// </summary>
internal static class TrainingData
{
    /// <summary>Copies of sealed texts are sealed for this purpose.</summary>
    public const string Purpose = "training";
    private const int LongestText = 4000;

    public static async Task<List<ConfirmedText>> ReadAsync(Databases databases, KeyRing keys, CancellationToken ct)
    {
        await using var command = databases.Worker.CreateCommand($"""
            select i.id, coalesce(i.person_id, i.id), i.confirmed_at, i.audience_id = 1, i.lang, i.confirmed_type, i.confirmed_topics, i.confirmed_urgency, i.sensitivity,
                case when i.sensitivity < 2 and not s.locked then s.text end, t.sealed
            from item i
            cross join lateral (
                select string_agg(m.text, E'\n' order by m.at, m.id) as text, coalesce(bool_or(m.sealed is not null), false) as locked from message m
                where m.item_id = i.id and m.direction = 'in' and m.kind <> 'machine_transcript' and {Message.Stands}) s
            left join training_text t on t.item_id = i.id and t.circle_id = i.circle_id and exists (select 1 from training_consent c where c.circle_id = t.circle_id and c.allowed_at is not null)
            where i.confirmed_at is not null and i.confirmed_urgency is not null and i.anonymised_at is null and i.circle_id <> 1
              and not exists (select 1 from erasure e where e.person_id = i.person_id and e.state <> 'asked')
            order by i.id
            """);
        command.CommandTimeout = 0;
        await using var reader = await command.ExecuteReaderAsync(ct);
        var rows = new List<ConfirmedText>();
        while (await reader.ReadAsync(ct))
        {
            var text = !reader.IsDBNull(9) ? reader.GetString(9) : !reader.IsDBNull(10) ? keys.OpenText((byte[])reader[10], Purpose) : "";
            if (string.IsNullOrWhiteSpace(text))
                continue;
            var row = new CodedText(reader.GetGuid(0).ToString("N"), reader.GetGuid(1).ToString("N"), "train", reader.GetString(4), reader.GetString(5), (string[])reader[6], reader.GetString(7), reader.GetInt16(8),
                text.Length > LongestText ? text[..LongestText] : text);
            rows.Add(new(reader.GetGuid(0), reader.GetFieldValue<DateTimeOffset>(2), reader.GetBoolean(3), row));
        }
        return rows;
    }
}
