using Npgsql;
using NpgsqlTypes;

namespace Cea.Feedback.Items;

/// <summary>What is known of a person at triage, read under the lock of his row.</summary>
internal sealed class PersonState
{
    // However long a case took: what is asked about it is answered on it.
    private const string Known = """
        i.person_id = any ($1) and (i.status in ('new', 'in_progress', 'referred') or i.last_message_at > $2
            or exists (select 1 from survey s where s.item_id = i.id and s.asked_at > $3 and s.answered_at is null))
        """;

    /// <summary>Of an item: he asked for its erasure and confirmed it. What he says from then on must not be said in it, or it would go with it unread.</summary>
    public const string Leaves = "exists (select 1 from erasure e where e.person_id = i.person_id and e.state in ('confirmed', 'focal_point') and i.recorded_at <= coalesce(e.confirmed_at, 'infinity'))";

    public required Guid Id { get; init; }
    public required bool IsNew { get; init; }
    public string? StatedLang { get; set; }
    public DateTimeOffset? NoticeAt { get; set; }
    public bool EverRestricted { get; set; }
    public HashSet<string> OptedOut { get; } = [];

    /// <summary>Lines on which nothing reaches him, as far as is known.</summary>
    public HashSet<string> Unreachable { get; } = [];
    public List<KnownItem> Items { get; } = [];
    public Guid? OpenSurvey { get; set; }
    public bool ErasureAsked { get; set; }

    /// <summary>When he confirmed an erasure that is still to be done.</summary>
    public DateTimeOffset? ErasedUntil { get; set; }
    public DateTimeOffset? LastAck { get; set; }

    /// <summary>Texts that the service sent him by itself within <see cref="Triage.AutomaticWithin"/>, on whatever line.</summary>
    public int Automatic { get; set; }

    /// <summary>Finds or makes the persons of these addresses and locks their rows, in the order of the address hash on every node, so that nobody waits in a circle.</summary>
    public static async Task<Dictionary<string, PersonState>> LockAsync(NpgsqlConnection connection, IReadOnlyList<Address> addresses, DateTimeOffset now, CancellationToken ct)
    {
        if (addresses.Count == 0)
            return [];
        var ordered = addresses.DistinctBy(a => a.Key).OrderBy(a => a.Key, StringComparer.Ordinal).ToList();
        var fresh = ordered.Select(_ => Guid.CreateVersion7(now)).ToArray();
        await using (var insert = new NpgsqlCommand("""
            insert into address (space, hash, sealed, person_id)
            select * from unnest($1::text[], $2::bytea[], $3::bytea[], $4::uuid[]) order by 2
            on conflict do nothing
            """, connection))
        {
            insert.Parameters.AddRange(new NpgsqlParameter[] { new() { Value = ordered.Select(a => a.Space).ToArray() }, Bytes(ordered.Select(a => a.Hash)), Bytes(ordered.Select(a => a.Sealed)), new() { Value = fresh } });
            await insert.ExecuteNonQueryAsync(ct);
        }
        await using (var people = new NpgsqlCommand("""
            insert into person (id, created_at, last_heard_at)
            select a.person_id, $3, $3 from address a join unnest($1::text[], $2::bytea[]) w (space, hash) using (space, hash)
            where not exists (select 1 from person p where p.id = a.person_id) on conflict do nothing
            """, connection))
        {
            people.Parameters.AddRange(new NpgsqlParameter[] { new() { Value = ordered.Select(a => a.Space).ToArray() }, Bytes(ordered.Select(a => a.Hash)), new() { Value = now } });
            await people.ExecuteNonQueryAsync(ct);
        }

        var byKey = new Dictionary<string, PersonState>();
        var byId = new Dictionary<Guid, PersonState>();
        await using (var locked = new NpgsqlCommand("""
            select a.hash, p.id, p.stated_lang, p.notice_at, coalesce(g.ever_restricted, false)
            from address a join unnest($1::text[], $2::bytea[]) w (space, hash) using (space, hash)
            join person p on p.id = a.person_id left join person_guard g on g.person_id = p.id
            order by a.hash for no key update of p for key share of a
            """, connection))
        {
            locked.Parameters.AddRange(new NpgsqlParameter[] { new() { Value = ordered.Select(a => a.Space).ToArray() }, Bytes(ordered.Select(a => a.Hash)) });
            await using var reader = await locked.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct))
            {
                var id = reader.GetGuid(1);
                if (!byId.TryGetValue(id, out var person))
                {
                    byId[id] = person = new PersonState
                    {
                        Id = id, IsNew = fresh.Contains(id), StatedLang = reader.IsDBNull(2) ? null : reader.GetString(2),
                        NoticeAt = reader.IsDBNull(3) ? null : reader.GetFieldValue<DateTimeOffset>(3), EverRestricted = reader.GetBoolean(4),
                    };
                }
                byKey[Convert.ToHexString((byte[])reader[0])] = person;
            }
        }
        await FillAsync(connection, byId, ordered, byKey, now, ct);
        return byKey;
    }

    private static async Task FillAsync(NpgsqlConnection connection, Dictionary<Guid, PersonState> people, List<Address> addresses, Dictionary<string, PersonState> byKey, DateTimeOffset now, CancellationToken ct)
    {
        var ids = people.Keys.ToArray();
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                // Held before they are read: what an officer closes or moves meanwhile is read as he left it, or he is told that more was said.
                new($"select 1 from item i where {Known} order by i.id for no key update") { Parameters = { new() { Value = ids }, new() { Value = now.AddDays(-90) }, new() { Value = now.AddDays(-14) } } },
                new($"""
                    select i.person_id, i.id, coalesce((select l.receipt_code from item l where l.id = i.linked_item_id and l.person_id = i.person_id), i.receipt_code), i.status, i.audience_id, a.circles, i.circle_id, i.sensitivity, i.urgency, i.topics, i.suggested_urgency, i.suggested_topics,
                           i.last_message_at, greatest(i.resolved_at, i.loop_closed_at), i.team_id, i.spoken_at, i.confirmed_at is not null, i.handler_before_id is not null and i.first_answer_at is null, {Leaves}
                    from item i join audience a on a.id = i.audience_id
                    where {Known} order by i.recorded_at
                    """) { Parameters = { new() { Value = ids }, new() { Value = now.AddDays(-90) }, new() { Value = now.AddDays(-14) } } },
                new($"""
                    select s.person_id, s.item_id from survey s where s.person_id = any ($1) and s.asked_at > $2 and s.answered_at is null
                      and not exists (select 1 from outbox o where o.item_id = s.item_id and o.purpose = 'survey' and o.state in ('due', 'held')) -- not asked yet: a "no" that is said meanwhile is no answer to it
                      and not exists (select 1 from erasure e where e.person_id = s.person_id and e.asked_at >= s.asked_at and e.state in ('asked', 'confirmed', 'focal_point'))
                      and {NothingSince("s.person_id", "s.asked_at", "'reply', 'notice'")} order by s.asked_at
                    """) { Parameters = { new() { Value = ids }, new() { Value = now.AddDays(-14) } } },
                new("select person_id, max(created_at) filter (where purpose = 'ack'), count(*) filter (where created_at > $2 and created_at <= $3) from outbox where person_id = any ($1) and purpose in ('ack', 'word') group by 1") { Parameters = { new() { Value = ids }, new() { Value = now - Triage.AutomaticWithin }, new() { Value = now } } }, // a clock that was put back leaves rows of the future
                new($"""
                    select e.person_id, coalesce(bool_or(e.state = 'asked' and e.asked_at > $2 and {NothingSince("e.person_id", "e.asked_at", "'reply', 'notice', 'survey'")}), false), max(e.confirmed_at) filter (where e.state <> 'asked')
                    from erasure e where e.person_id = any ($1) and e.state in ('asked', 'confirmed', 'focal_point') group by 1
                    """) { Parameters = { new() { Value = ids }, new() { Value = now.AddDays(-1) } } },
                new("select hash, account_id from opt_out where hash = any ($1)") { Parameters = { Bytes(addresses.Select(a => a.Hash)) } },
                new("select hash, account_id from unreachable where hash = any ($1)") { Parameters = { Bytes(addresses.Select(a => a.Hash)) } },
            },
        };
        await using var reader = await batch.ExecuteReaderAsync(ct);
        await reader.NextResultAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            people[reader.GetGuid(0)].Items.Add(new KnownItem
            {
                Id = reader.GetGuid(1), Code = reader.GetString(2), Status = reader.GetString(3), AudienceId = reader.GetInt32(4), Circles = (short[])reader[5], CircleId = reader.GetInt16(6),
                Sensitivity = reader.GetInt16(7), Urgency = reader.GetString(8), Topics = (string[])reader[9], SuggestedUrgency = reader.GetString(10), SuggestedTopics = (string[])reader[11],
                LastMessageAt = reader.GetFieldValue<DateTimeOffset>(12), DoneAt = reader.IsDBNull(13) ? null : reader.GetFieldValue<DateTimeOffset>(13), TeamId = reader.GetInt32(14),
                SpokenAt = reader.GetFieldValue<DateTimeOffset>(15), Confirmed = reader.GetBoolean(16), IsUnansweredComplaint = reader.GetBoolean(17),
                Leaves = reader.GetBoolean(18),
            });
        }
        await reader.NextResultAsync(ct);
        while (await reader.ReadAsync(ct))
            people[reader.GetGuid(0)].OpenSurvey = reader.GetGuid(1);
        await reader.NextResultAsync(ct);
        while (await reader.ReadAsync(ct))
            (people[reader.GetGuid(0)].LastAck, people[reader.GetGuid(0)].Automatic) = (reader.IsDBNull(1) ? null : reader.GetFieldValue<DateTimeOffset>(1), (int)reader.GetInt64(2));
        await reader.NextResultAsync(ct);
        while (await reader.ReadAsync(ct))
            (people[reader.GetGuid(0)].ErasureAsked, people[reader.GetGuid(0)].ErasedUntil) = (reader.GetBoolean(1), reader.IsDBNull(2) ? null : reader.GetFieldValue<DateTimeOffset>(2));
        await reader.NextResultAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            if (byKey.TryGetValue(Convert.ToHexString((byte[])reader[0]), out var person))
                person.OptedOut.Add(reader.GetString(1));
        }
        await reader.NextResultAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            if (byKey.TryGetValue(Convert.ToHexString((byte[])reader[0]), out var person))
                person.Unreachable.Add(reader.GetString(1));
        }
    }

    // A yes or a no answers a question of ours only while that is the last thing that he read of us: an officer who has written since may have asked something himself.
    private static string NothingSince(string person, string asked, string purposes) => $"""
        not exists (select 1 from outbox o where o.person_id = {person} and o.purpose in ({purposes}) and o.state <> 'failed'
            and greatest(o.created_at, o.sent_at, case when o.state in ('sending', 'in_doubt') then o.attempted_at end) > {asked})
        """;

    private static NpgsqlParameter Bytes(IEnumerable<byte[]> values) => new() { Value = values.ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea };

    internal sealed record Address(string Space, byte[] Hash, byte[] Sealed)
    {
        public string Key { get; } = Convert.ToHexString(Hash);
    }
}

/// <summary>An item of the person, as triage needs it; changed in memory as messages join it.</summary>
internal sealed class KnownItem
{
    public required Guid Id { get; init; }

    /// <summary>The code that the person was told: of the item that an ordinary message would have joined (S7).</summary>
    public required string Code { get; init; }
    public required string Status { get; set; }
    public required int AudienceId { get; init; }
    public required short[] Circles { get; init; }
    public required short CircleId { get; init; }
    public required short Sensitivity { get; init; }
    public required string Urgency { get; set; }
    public required string[] Topics { get; set; }
    public required string SuggestedUrgency { get; set; }
    public required string[] SuggestedTopics { get; set; }
    public required DateTimeOffset LastMessageAt { get; set; }
    public DateTimeOffset? DoneAt { get; set; }
    public required int TeamId { get; init; }
    public required DateTimeOffset SpokenAt { get; init; }
    public bool Confirmed { get; init; }

    /// <summary>A complaint about how somebody was answered, which nobody has answered yet: what else is said of it belongs to it.</summary>
    public bool IsUnansweredComplaint { get; init; }

    /// <summary><see cref="PersonState.Leaves"/>.</summary>
    public bool Leaves { get; set; }
    public bool IsOpen => Status is "new" or "in_progress" or "referred";
}
