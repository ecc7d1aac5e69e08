using Cea.Feedback.Classification;
using Cea.Feedback.Intake;
using Cea.Feedback.Media;
using Cea.Feedback.Replies;
using Cea.Feedback.Safeguarding;
using Cea.Feedback.Standards;
using Cea.Feedback.Storage;
using Cea.Feedback.Texts;
using Npgsql;
using NpgsqlTypes;

namespace Cea.Feedback.Items;

/// <summary>The rows that triage writes, gathered for one round trip.</summary>
internal sealed class TriageWriter(NpgsqlConnection connection, TriageFacts facts, KeyRing keys, DateTimeOffset now) : IAsyncDisposable
{
    private readonly NpgsqlBatch _batch = new(connection);

    /// <summary>In which something changed.</summary>
    public HashSet<int> Audiences { get; } = [];

    public bool QueuedSending { get; private set; }
    public bool QueuedMedia { get; private set; }

    /// <summary>How many messages were not answered because of <see cref="Triage.MostAutomatic"/>.</summary>
    public int Quieted { get; private set; }

    public async Task WriteAsync(CancellationToken ct)
    {
        if (_batch.BatchCommands.Count > 0)
            await _batch.ExecuteNonQueryAsync(ct);
        _batch.BatchCommands.Clear();
    }

    public ValueTask DisposeAsync() => _batch.DisposeAsync();

    public void NewItem(Prepared m, PersonState? person, Coded coded, int teamId, Guid? linked, string kind = "message")
    {
        var fields = m.Received.Fields;
        Add("""
            insert into item (id, receipt_code, person_id, account_id, channel, service_point_id, lang, lang_confidence, lang_second, audience_id, circle_id, checked, sensitivity,
                suggested_type, suggested_topics, suggested_urgency, suggested_sensitivity, suggestion, speaker, speaks_for, about, stay, minor, team_id, spoken_at, recorded_at,
                last_message_at, linked_item_id, next_due_at, third)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $26, $27, $28, $29)
            """,
            m.Id, m.ReceiptCode!, person?.Id, m.AccountId, m.Channel, m.ServicePointId, m.Language, coded.Reading.Language.Confidence, coded.Reading.SecondLanguage?.Code, m.AudienceId,
            coded.Circle.Id, coded.Circle.Id != Circle.CheckFirst.Id, coded.Sensitivity, coded.Type, coded.Topics, coded.Urgency, coded.Sensitivity, Json(coded.SuggestionJson),
            fields.GetValueOrDefault("speaker", "unknown"), fields.GetValueOrDefault("speaks_for", "self"), fields.GetValueOrDefault("about", "unknown"), fields.GetValueOrDefault("stay", "not_asked"),
            fields.ContainsKey("minor"), teamId, m.SpokenAt, m.ReceivedAt, linked, Clocks(m, coded, teamId).Select(c => (DateTimeOffset?)c.DueAt).Min(), (string?)null);
        Message(m, m.Id, person, m.AudienceId, [coded.Circle.Id], kind, null);
        StartClocks(m.Id, m.AudienceId, Clocks(m, coded, teamId));
        Count(m, coded);
        if (coded.Circle.Id == Circle.Open.Id)
            MakeSearchable(m.Id, m.Text);
        else
            Restrict(m, person);
    }

    /// <summary>The person was heard: when, in which language; and whoever writes on a line can be reached on it.</summary>
    public void Heard(Prepared m, PersonState person)
    {
        if (m.Received.StatedLanguage is { } stated)
            person.StatedLang = stated;
        if (person.Unreachable.Remove(m.AccountId))
            Add("delete from unreachable where account_id = $1 and space = $2 and hash = $3", m.AccountId, m.Address!.Space, m.Address.Hash);
        Add("update person set last_heard_at = greatest(last_heard_at, $2), stated_lang = coalesce($3, stated_lang), detected_lang = case when $4 = 'und' then detected_lang else $4 end where id = $1",
            person.Id, m.SpokenAt, new NpgsqlParameter { Value = (object?)m.Received.StatedLanguage ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text }, m.Language);
    }

    /// <summary>Keeps the message, sealed when its circle seals; a sealed one leaves no readable raw call behind.</summary>
    public void Message(Prepared m, Guid? itemId, PersonState? person, int audienceId, IReadOnlyList<short> circles, string kind, Guid? replaces)
    {
        Audiences.Add(audienceId);
        var seal = circles.Any(c => facts.Circles[c].Seals);
        Add("""
            insert into message (id, item_id, person_id, audience_id, direction, kind, account_id, lang, at, recorded_at, text, sealed, replaces_id)
            values ($1, $2, $3, $4, 'in', $5, $6, $7, $8, $9, $10, $11, $12)
            """,
            m.Id, itemId, person?.Id, audienceId, kind, m.AccountId, m.Language, m.SpokenAt, m.ReceivedAt,
            seal ? null : m.Text, seal ? CircleKeys.Seal(m.Text, [.. circles.Where(c => c != 0).Select(c => facts.CircleKeys[c])]) : null, replaces);
        if (seal)
            Add("delete from raw_call where id = $1", m.Id);
        if (kind is "message" or "edit")
            Files(m, itemId, audienceId);
    }

    /// <summary>What came with it is recorded with it, and fetched later; what the provider does not give is recorded too.</summary>
    private void Files(Prepared m, Guid? itemId, int audienceId)
    {
        foreach (var (file, n) in m.Received.Media.Select((f, n) => (f, n)))
        {
            Add("""
                insert into media (id, message_id, item_id, audience_id, account_id, position, kind, said_type, said_bytes, reference, state, due_at, created_at)
                values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12)
                """,
                Guid.CreateVersion7(now), m.Id, itemId, audienceId, m.AccountId, (short)n, Short(file.Kind), Short(file.ContentType), file.Bytes,
                new NpgsqlParameter { Value = file.Limit is null ? keys.Seal(file.Reference, MediaFetching.Reference) : DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bytea }, file.Limit is null ? MediaFile.Pending : "too_large", now);
            QueuedMedia |= file.Limit is null;
        }
    }

    private static string? Short(string? word) => word is { Length: > 100 } ? word[..100] : word;

    public void Join(Prepared m, PersonState? person, KnownItem item, Coded coded, bool reopen)
    {
        Message(m, item.Id, person, item.AudienceId, item.Circles, "message", null);
        if (item.CircleId == Circle.Open.Id)
            Add("update open_search set text = text || E'\\n' || $2, search = search || to_tsvector('cea', $2) where item_id = $1", item.Id, m.Text);
        More(m, item, coded, reopen);
        item.LastMessageAt = m.SpokenAt;
    }

    /// <summary>
    /// More was said on an item, seen or not: it waits to be read, its clocks run by what was said, and the machine may raise its codes. An urgency that an officer had confirmed holds for what he had read; where more
    /// is said that is more urgent, it is the machine's again.
    /// </summary>
    public void More(Prepared m, KnownItem item, Coded coded, bool reopen)
    {
        var unchecked_ = item.CircleId == Circle.CheckFirst.Id;
        var raised = !unchecked_ && Coded.RankOf(coded.Urgency) > Coded.RankOf(item.Urgency);
        var urgency = raised && item.Confirmed ? coded.Urgency : Coded.Higher(coded.Urgency, item.SuggestedUrgency);
        var topics = unchecked_ || coded.Type == "incomplete" ? item.SuggestedTopics : [.. item.SuggestedTopics.Concat(coded.Topics.Where(t => t != "other")).Distinct().Take(3)];
        Add("update item set last_message_at = greatest(last_message_at, $2), unread_at = coalesce(unread_at, $3) where id = $1", item.Id, m.SpokenAt, m.ReceivedAt);
        if (urgency != item.SuggestedUrgency || !topics.SequenceEqual(item.SuggestedTopics) || (raised && item.Confirmed))
        {
            Add("select count_item($1, -1)", item.Id);
            Add("update item set suggested_urgency = $2, suggested_topics = $3, confirmed_urgency = case when $4 then null else confirmed_urgency end where id = $1", item.Id, urgency, topics, raised);
            Add("select count_item($1, 1)", item.Id);
            Add("insert into code_change (item_id, audience_id, at, before, after) values ($1, $2, $3, $4, $5)", item.Id, item.AudienceId, now,
                Json(CodesJson(item.SuggestedTopics, raised ? item.Urgency : item.SuggestedUrgency)), Json(CodesJson(topics, urgency)));
        }
        (item.SuggestedUrgency, item.SuggestedTopics) = (urgency, topics);
        if (raised)
            item.Urgency = coded.Urgency;
        if (reopen)
            Reopen(item, "answered", complains: coded.Type == "complaint");
        if (unchecked_)
        {
            Add("update item set sensitivity = greatest(sensitivity, $2) where id = $1", item.Id, coded.Sensitivity);
            StartClocks(item.Id, item.AudienceId, [ClockPlan.Unchecked(m.ReceivedAt, coded.Alarming)]);
            return;
        }
        // Thanks, and what is no sentence, are looked at; everything else is answered too.
        var passing = coded.Type is "praise" or "incomplete" && !raised;
        var plan = ClockPlan.Of(facts.Running(coded.Urgency == "low" ? "normal" : coded.Urgency, item.CircleId), item.Sensitivity, item.Topics, m.SpokenAt, facts.Standards, Calendar(item.TeamId))
            .Where(c => raised || c.Step == "seen" || (c.Step == "answer" && !passing));
        StartClocks(item.Id, item.AudienceId, [.. ClockPlan.Looked(plan, coded.Type, m.SpokenAt)]);
    }

    /// <summary>What was closed is open again, and due like a new one: seen and answered by its urgency from now; what nobody ever checked, checked. Where the person complains, by somebody else than before (S4).</summary>
    public void Reopen(KnownItem item, string why, bool complains)
    {
        Add("""
            update item set status = 'in_progress', resolved_at = null, loop_closed_at = null, loop_method = null, loop_impossible = null, closing_outbox_id = null, reopened = reopened + 1,
                unread_at = coalesce(unread_at, $2)
            where id = $1 and status in ('resolved', 'closed')
            """, item.Id, now);
        Event(item.Id, item.AudienceId, "reopened", $$"""{"by":"{{why}}"}""");
        Add("delete from survey where item_id = $1 and asked_at is null", item.Id);
        if (complains)
            Add("select assign_other($1, null::int, $2)", item.Id, item.AudienceId);
        var due = ClockPlan.Of(facts.Running(item.Urgency == "low" ? "normal" : item.Urgency, item.CircleId), item.Sensitivity, item.Topics, now, facts.Standards, Calendar(item.TeamId));
        StartClocks(item.Id, item.AudienceId, item.CircleId == Circle.CheckFirst.Id ? [ClockPlan.Unchecked(now, alarming: true)] : [.. due.Where(c => c.Step is "seen" or "answer" or "close" or "refer")], again: true);
        item.Status = "in_progress";
    }

    /// <summary>Something that is no words, on an item that is there already (a further call without any, a "no" to a survey): whoever has seen it looks again.</summary>
    public void LookAgain(KnownItem item, DateTimeOffset at)
    {
        Add("update item set unread_at = coalesce(unread_at, $2) where id = $1", item.Id, at);
        StartClocks(item.Id, item.AudienceId, [item.CircleId == Circle.CheckFirst.Id ? ClockPlan.Unchecked(at, alarming: true) : new PlannedClock("seen", at + ClockPlan.CheckSoon)]);
    }

    public void Event(Guid itemId, int audienceId, string what, string detail = "{}") =>
        Add("insert into item_event (item_id, audience_id, at, what, detail) values ($1, $2, $3, $4, $5)", itemId, audienceId, now, what, Json(detail));

    /// <summary>A word of our own to the person: acknowledgement, answer to a keyword, survey's thanks. Queued in this transaction.</summary>
    public void Say(Prepared m, PersonState person, Guid? itemId, int audienceId, string text, string language, string purpose, short lane, bool menu = false)
    {
        person.Automatic++;
        foreach (var command in new OwnText(itemId, audienceId, person.Id, m.AccountId, text, language, purpose, lane, menu).Commands(keys, now))
            _batch.BatchCommands.Add(command);
        QueuedSending = true;
    }

    /// <summary>Whether he has had as many texts of the service as one gets in an hour, so that it may be a machine that answers ours. His last item tells its officer, whose answers go out as ever.</summary>
    public bool IsEnough(PersonState person)
    {
        if (person.Automatic < Triage.MostAutomatic)
            return false;
        Quieted++;
        if (person.Items.LastOrDefault() is { } last)
        {
            Add("insert into item_event (item_id, audience_id, at, what) select $1, $2, $3, 'answers_paused' where not exists (select 1 from item_event where item_id = $1 and what = 'answers_paused' and at > $4)",
                last.Id, last.AudienceId, now, now - Triage.AutomaticWithin);
            Audiences.Add(last.AudienceId);
        }
        return true;
    }

    public void Add(string sql, params object?[] values)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var value in values)
            command.Parameters.Add(value as NpgsqlParameter ?? Typed(value));
        _batch.BatchCommands.Add(command);
    }

    public static NpgsqlParameter Json(string json) => new() { Value = json, NpgsqlDbType = NpgsqlDbType.Jsonb };

    private void Restrict(Prepared m, PersonState? person)
    {
        if (person is null)
            return;
        // A wish to be erased that was confirmed before is for the focal point to decide now (S15). The job that erases takes the same lock.
        Add("update erasure set state = 'focal_point', decided_by = null, reason = null where person_id = $1 and state = 'confirmed' and reason is distinct from 'restore' and (decided_by is null or confirmed_at is null)", person.Id);
        // An item that waits for its check guards the number as long as it waits (the outbox looks); one that is restricted, for ever.
        if (m.Coded.Circle.Id == Circle.CheckFirst.Id)
            return;
        person.EverRestricted = true;
        Add("""
            insert into person_guard (person_id, ever_restricted, circles) values ($1, true, array[$2::smallint])
            on conflict (person_id) do update set ever_restricted = true, circles = array(select distinct c from unnest(person_guard.circles || excluded.circles) c)
            """, person.Id, m.Coded.Circle.Id);
        // What waits to go out to this number waits for a cleared person from now on, acknowledgements excepted (S8).
        Add("update outbox set state = case when state = 'due' and purpose in ('reply', 'survey', 'notice') then 'held' else state end, released_by = null where person_id = $1 and (released_by is not null or (state = 'due' and purpose in ('reply', 'survey', 'notice')))", person.Id);
        Add("select answer_is_owed($1)", person.Id);
    }

    private List<PlannedClock> Clocks(Prepared m, Coded coded, int teamId) => coded.Circle.Id == Circle.CheckFirst.Id
        ? [ClockPlan.Unchecked(m.ReceivedAt, coded.Alarming)]
        : [.. ClockPlan.Looked(ClockPlan.Of(facts.Running(coded.Urgency, coded.Circle.Id), coded.Sensitivity, coded.Topics, m.SpokenAt, facts.Standards, Calendar(teamId)), coded.Type, m.SpokenAt)];

    private WorkingCalendar Calendar(int teamId) => facts.Calendars.GetValueOrDefault(teamId) ?? WorkingCalendar.Always;

    private void StartClocks(Guid itemId, int audienceId, List<PlannedClock> clocks, bool again = false)
    {
        if (clocks.Count == 0)
            return;
        Add(again ? ClockRows.StartAgain : ClockRows.Start, itemId, audienceId, clocks.Select(c => c.Step).ToArray(), clocks.Select(c => c.DueAt.UtcDateTime).ToArray());
        Add(ClockRows.Next, itemId);
    }

    private void MakeSearchable(Guid itemId, string text) =>
        Add("insert into open_search (item_id, text, search) values ($1, $2, to_tsvector('cea', $2))", itemId, text);

    private void Count(Prepared m, Coded coded)
    {
        var zone = m.ServicePointId is { } place && facts.PlaceZones.TryGetValue(place, out var known) ? known : TimeZoneInfo.Utc;
        var day = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(m.SpokenAt, zone).Date);
        Add("""
            insert into count_change (audience_id, day, service_point_id, topic, type, urgency, channel, lang, n)
            select $1, $2, $3, t, $4, $5, $6, $7, 1 from unnest($8::text[]) t
            """, m.AudienceId, day, m.ServicePointId, coded.Type, coded.Urgency, m.Channel, m.Language, coded.Topics.Prepend("").ToArray());
    }

    private static string CodesJson(string[] topics, string urgency) => System.Text.Json.JsonSerializer.Serialize(new { topics, urgency });

    private static NpgsqlParameter Typed(object? value) => value switch
    {
        null => new() { Value = DBNull.Value },
        DateTimeOffset at => new() { Value = at.UtcDateTime },
        _ => new() { Value = value },
    };
}

/// <summary>One incoming message, opened and read, before its person is known.</summary>
internal sealed record Prepared(
    Guid Id, string AccountId, string Channel, MessageReceived Received, string? ReceiptCode, PersonState.Address? Address, DateTimeOffset ReceivedAt, DateTimeOffset SpokenAt,
    int? ServicePointId, string Text, string Language, Coded Coded, (Keyword Kind, string Language)? Keyword, int AudienceId)
{
    /// <summary>What somebody of ours wrote down with it; null: it came as it is.</summary>
    public RecordedSpeech? Recorded => (Received as SpeechRecorded)?.Recorded;
}
