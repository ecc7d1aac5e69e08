using System.Text.Json;
using Cea.Feedback.Classification;
using Cea.Feedback.Safeguarding;
using Cea.Feedback.Standards;
using Cea.Feedback.Storage;
using Npgsql;
using NpgsqlTypes;

namespace Cea.Feedback.Items;

/// <summary>
/// Keeps what a machine heard, marked as such and sealed as its item is, and codes it as what an officer types: it may raise what the item is, never lower it. Where nobody has checked the item it goes on
/// waiting for that; an open one that is more than it seemed goes to the screeners.
/// </summary>
internal sealed class MachineTranscript(Databases databases, KeyRing keys, ITextClassifier classifier, WakeUp wakeUp, TimeProvider clock)
{
    private const string Heard = $"""
        select i.audience_id, a.circles, i.circle_id, i.sensitivity, i.service_point_id, i.team_id, i.lang, i.recorded_at, i.status in ('new', 'in_progress', 'referred'), i.suggested_type, i.suggested_topics, i.suggested_urgency, i.suggested_sensitivity
        from media m join item i on i.id = m.item_id join audience a on a.id = i.audience_id where m.id = $1 and {Transcribing.MayBeHeard}
        """;

    /// <summary>False: erased, typed, decided or taken by somebody else meanwhile. Then nothing is kept, and what is true of the item stands.</summary>
    public async Task<bool> KeepAsync(Recording row, string text, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var facts = await TriageFacts.ReadAsync(databases.Worker, now, ct);
        var reader = classifier.Now;
        var reading = reader.Read(text, row.Language);
        var coded = Coded.Of(reading, facts.Codebook, reader.Version, null, new Dictionary<string, string>());
        if (await ReadAsync(databases.Worker.CreateCommand(Heard), row, ct) is not { } seen)
            return false;
        var screeners = await Rising.AudienceAsync(databases, row.ItemId, seen.ServicePointId, await SaidAsync(row.ItemId, text, ct), facts, ct);

        await using var connection = await databases.Worker.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await Sql.RunAsync(connection, "select 1 from person where id = (select person_id from item where id = $1) for no key update", ct, row.ItemId); // first, as triage and an erasure do
        // What is true if we die before the commit: nothing is kept, and the recording is due again when its lease ends. Who erases it holds it first, or waits for this.
        if (await ReadAsync(new NpgsqlCommand($"{Heard} for update of i", connection), row, ct) is not { } item || item.AudienceId != seen.AudienceId
            || await Sql.RunAsync(connection, "delete from transcription where media_id in (select media_id from transcription where media_id = $1 and attempt = $2 for update skip locked)", ct, row.MediaId, row.Attempt) == 0)
            return false;
        var codes = coded.Over(item.Type, item.Topics, item.Urgency, item.Suggested);
        var language = item.Lang == "und" && reading.Language.Code is not ("und" or "") ? reading.Language.Code : item.Lang;
        await Sql.RunAsync(connection, "select count_item($1, -1)", ct, row.ItemId);
        await Sql.RunAsync(connection, "update item set lang = $2, suggested_type = $3, suggested_topics = $4, suggested_urgency = $5, suggested_sensitivity = $6, suggestion = $7::jsonb where id = $1", ct,
            row.ItemId, language, codes.Type, codes.Topics, codes.Urgency, codes.Sensitivity, coded.SuggestionJson);
        await Sql.RunAsync(connection, "insert into code_change (item_id, audience_id, at, before, after) values ($1, $2, $3, $4::jsonb, $5::jsonb)", ct, row.ItemId, item.AudienceId, now.UtcDateTime,
            Json(item.Type, item.Topics, item.Urgency, item.Suggested), Json(codes.Type, codes.Topics, codes.Urgency, codes.Sensitivity));
        await Sql.RunAsync(connection, "select count_item($1, 1)", ct, row.ItemId);
        var (audience, circles) = await PlaceAsync(connection, row, item, coded, codes, text, screeners, facts, now, ct);
        await WriteAsync(connection, row, audience, circles, language, text, facts, now, ct);
        await transaction.CommitAsync(ct);
        wakeUp.Ring(WakeUp.Items, item.AudienceId, audience);
        return true;
    }

    // Whom anything that was said may be about, not this recording alone (S4). What is sealed lies where the screeners have been chosen already.
    private async Task<string> SaidAsync(Guid item, string heard, CancellationToken ct)
    {
        await using var connection = await databases.Worker.OpenConnectionAsync(ct);
        return string.Join('\n', [.. await Sql.ListAsync(connection, "select text from message where item_id = $1 and direction = 'in' and text is not null order by at", r => r.GetString(0), ct, item), heard]);
    }

    // Where the item is from now on, for whom.
    private async Task<(int Audience, short[] Circles)> PlaceAsync(NpgsqlConnection connection, Recording row, Found item, Coded coded, (string Type, string[] Topics, string Urgency, short Sensitivity) codes, string text, int screeners, TriageFacts facts,
        DateTimeOffset now, CancellationToken ct)
    {
        var sensitivity = Math.Max(item.Sensitivity, coded.Sensitivity);
        if (item.CircleId == Circle.CheckFirst.Id)
        {
            await Sql.RunAsync(connection, "update item set sensitivity = $2 where id = $1", ct, row.ItemId, sensitivity);
            // Whom it names must not be who decides about it (S4).
            if (Coded.Withheld(Circle.CheckFirst, item.ServicePointId, text, facts.People).Excluded.Length == 0)
                return (item.AudienceId, item.Circles);
            await Rising.ShiftAsync(connection, row.ItemId, screeners, sensitivity, item.TeamId, ClockPlan.Unchecked(item.RecordedAt, alarming: true), now, ct);
            return (screeners, [Circle.CheckFirst.Id]);
        }
        if (coded.Circle.Id != Circle.Open.Id)
        {
            await Rising.ToScreenersAsync(connection, keys, row.ItemId, screeners, sensitivity, item.TeamId, coded.Alarming, facts, now, ct);
            return (screeners, [Circle.CheckFirst.Id]);
        }
        if (Coded.RankOf(codes.Urgency) > Coded.RankOf(item.Urgency) && item.IsRunning)
            await Rising.HurryAsync(connection, row.ItemId, item.AudienceId, item.CircleId, item.Sensitivity, item.TeamId, codes.Urgency, codes.Topics, facts, now, ct);
        await Sql.RunAsync(connection, "update open_search set text = text || E'\\n' || $2, search = search || to_tsvector('cea', $2) where item_id = $1", ct, row.ItemId, text);
        return (item.AudienceId, item.Circles);
    }

    private static async Task WriteAsync(NpgsqlConnection connection, Recording row, int audience, short[] circles, string language, string text, TriageFacts facts, DateTimeOffset now, CancellationToken ct)
    {
        var seal = circles.Any(c => facts.Circles[c].Seals);
        await Sql.RunAsync(connection, "insert into message (id, item_id, audience_id, direction, kind, lang, at, recorded_at, text, sealed, replaces_id) values ($1, $2, $3, 'in', $4, $5, $6, $6, $7, $8, $9)", ct,
            Guid.CreateVersion7(now), row.ItemId, audience, Message.MachineTranscript, language, now.UtcDateTime,
            new NpgsqlParameter { Value = seal ? DBNull.Value : text, NpgsqlDbType = NpgsqlDbType.Text },
            new NpgsqlParameter { Value = seal ? CircleKeys.Seal(text, [.. circles.Where(c => c != Circle.Open.Id).Select(c => facts.CircleKeys[c])]) : DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bytea }, row.MessageId);
    }

    private static async Task<Found?> ReadAsync(NpgsqlCommand command, Recording row, CancellationToken ct)
    {
        await using var _ = command;
        command.Parameters.Add(new() { Value = row.MediaId });
        await using var r = await command.ExecuteReaderAsync(ct);
        return !await r.ReadAsync(ct) ? null : new Found(r.GetInt32(0), (short[])r[1], r.GetInt16(2), r.GetInt16(3), r.IsDBNull(4) ? null : r.GetInt32(4), r.GetInt32(5), r.GetString(6), r.GetFieldValue<DateTimeOffset>(7), r.GetBoolean(8),
            r.GetString(9), (string[])r[10], r.GetString(11), r.GetInt16(12));
    }

    private static string Json(string type, string[] topics, string urgency, short sensitivity) => JsonSerializer.Serialize(new { type, topics, urgency, sensitivity }, JsonSerializerOptions.Web);

    private sealed record Found(int AudienceId, short[] Circles, short CircleId, short Sensitivity, int? ServicePointId, int TeamId, string Lang, DateTimeOffset RecordedAt, bool IsRunning, string Type, string[] Topics, string Urgency, short Suggested);
}
