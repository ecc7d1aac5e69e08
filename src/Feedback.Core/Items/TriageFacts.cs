using System.Collections.Frozen;
using Cea.Feedback.Coding;
using Cea.Feedback.Routing;
using Cea.Feedback.Safeguarding;
using Cea.Feedback.Standards;
using Cea.Feedback.Storage;
using Cea.Feedback.Texts;
using Npgsql;

namespace Cea.Feedback.Items;

/// <summary>What triage decides by, read together and kept for a few seconds: rules, standards, calendars, codebook, circles and their people, texts told to everybody.</summary>
public sealed class TriageFacts
{
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(5);

    public required Codebook Codebook { get; init; }
    public required IReadOnlyList<RoutingRule> Rules { get; init; }
    public required FrozenDictionary<(string, string), Standard> Standards { get; init; }
    public required FrozenDictionary<int, WorkingCalendar> Calendars { get; init; }
    public required FrozenDictionary<short, byte[]> CircleKeys { get; init; }
    public required FrozenDictionary<short, Circle> Circles { get; init; }
    public required IReadOnlyList<Cleared> People { get; init; }
    public required FrozenDictionary<string, (int Id, TimeZoneInfo Zone)> Places { get; init; }
    public required FrozenDictionary<int, TimeZoneInfo> PlaceZones { get; init; }
    public required FrozenDictionary<string, AccountFacts> Accounts { get; init; }
    /// <summary>How many of each circle are on call now.</summary>
    public required FrozenDictionary<short, int> OnCall { get; init; }
    public required IReadOnlyDictionary<string, string> Deployment { get; init; }

    /// <summary>With the words that officers added.</summary>
    public required TextBook Book { get; init; }
    public required DateTimeOffset ReadAt { get; init; }

    /// <param name="keywords">The mark of the words that are in use now.</param>
    public bool IsFresh(DateTimeOffset now, string? keywords) => now - ReadAt < Fresh && Deployment.GetValueOrDefault(DeploymentValues.Keywords) == keywords;

    /// <summary>The urgency by whose clocks an item of this circle runs: critical ones only while two of it are on call, else those of high (S18).</summary>
    public string Running(string urgency, short circleId) => urgency == "critical" && circleId > Circle.CheckFirst.Id && OnCall.GetValueOrDefault(circleId) < RotaList.Fewest ? "high" : urgency;

    /// <summary>What every acknowledgement may say, the code excepted.</summary>
    public Dictionary<string, string> Told(string code) => new()
    {
        ["code"] = code,
        ["society"] = Deployment.GetValueOrDefault("society", "Red Cross Red Crescent"),
        ["danger"] = Deployment.GetValueOrDefault("danger", "112"),
        ["outside"] = Deployment.GetValueOrDefault("outside", "ifrc.org/report"),
    };

    /// <summary>Somebody cleared for a circle, with all that people call him.</summary>
    public sealed record Cleared(short CircleId, int OfficerId, bool Alternate, int? OwnSite, int[]? Places, IReadOnlyList<string> Names);

    public sealed record AccountFacts(string Kind, int? ServicePointId, string[] Languages);

    public static async Task<TriageFacts> ReadAsync(NpgsqlDataSource source, DateTimeOffset now, CancellationToken ct)
    {
        await using var connection = await source.OpenConnectionAsync(ct);
        var places = await RowsAsync(connection, "select slug, id, time_zone, name from service_point", r => (Slug: r.GetString(0), Id: r.GetInt32(1), Zone: Zone(r.GetString(2)), Name: r.GetString(3)), ct);
        var tsv = await RowsAsync(connection, "select tsv from codebook where current", r => r.GetString(0), ct);
        var circles = await RowsAsync(connection, "select id, code, strictness, seals, public_key from circle", r => (Circle: new Circle(r.GetInt16(0), r.GetString(1), r.GetInt16(2), r.GetBoolean(3)), Key: (byte[])r[4]), ct);
        var siteNames = places.ToDictionary(p => p.Id, p => p.Name);
        return new TriageFacts
        {
            ReadAt = now,
            Book = TextBook.Default.With(await RowsAsync(connection, "select lang, kind, word from keyword", r => new OwnWord(r.GetString(0), TextBook.KindOf(r.GetString(1)), r.GetString(2)), ct)),
            Codebook = tsv is [var own] ? Codebook.Parse(own) : Codebook.Default,
            Rules = await RowsAsync(connection, "select id, position, topic, service_point_id, lang, urgency, circle_id, channel, team_id, is_default from routing_rule order by is_default, position, id", r => new RoutingRule
            {
                Id = r.GetInt32(0), Position = r.GetInt32(1), Topic = Text(r, 2), ServicePointId = r.IsDBNull(3) ? null : r.GetInt32(3), Lang = Text(r, 4), Urgency = Text(r, 5),
                CircleId = r.IsDBNull(6) ? null : r.GetInt16(6), Channel = Text(r, 7), TeamId = r.GetInt32(8), IsDefault = r.GetBoolean(9),
            }, ct),
            Standards = (await RowsAsync(connection, "select urgency, step, minutes, day_and_night from standard", r => new Standard { Urgency = r.GetString(0), Step = r.GetString(1), Minutes = r.GetInt32(2), DayAndNight = r.GetBoolean(3) }, ct))
                .ToFrozenDictionary(s => (s.Urgency, s.Step)),
            Calendars = (await RowsAsync(connection, "select id, calendar::text from team", r => (Id: r.GetInt32(0), Calendar: WorkingCalendar.Parse(r.GetString(1))), ct)).ToFrozenDictionary(t => t.Id, t => t.Calendar),
            Circles = circles.Select(c => c.Circle).Append(Circle.Open).ToFrozenDictionary(c => c.Id),
            CircleKeys = circles.ToFrozenDictionary(c => c.Circle.Id, c => c.Key),
            People = await RowsAsync(connection, """
                select m.circle_id, o.id, m.alternate, o.service_point_id, m.service_points, o.display_name, o.user_name, o.other_names
                from circle_member m join officer o on o.id = m.officer_id where m.confirmed_at is not null and o.active
                """, r => new Cleared(r.GetInt16(0), r.GetInt32(1), r.GetBoolean(2), r.IsDBNull(3) ? null : r.GetInt32(3), r.IsDBNull(4) ? null : (int[])r[4],
                    Conflict.NamesOf(r.GetString(5), Text(r, 6), (string[])r[7], r.IsDBNull(3) ? null : siteNames.GetValueOrDefault(r.GetInt32(3)))), ct),
            Places = places.ToFrozenDictionary(p => p.Slug, p => (p.Id, p.Zone)),
            PlaceZones = places.ToFrozenDictionary(p => p.Id, p => p.Zone),
            Accounts = (await RowsAsync(connection, "select id, kind, service_point_id, languages from channel_account", r => (Id: r.GetString(0), Account: new AccountFacts(r.GetString(1), r.IsDBNull(2) ? null : r.GetInt32(2), (string[])r[3])), ct))
                .ToFrozenDictionary(a => a.Id, a => a.Account),
            OnCall = (await RowsAsync(connection, CircleWatch.OnCallNow, r => (Circle: r.GetInt16(0), Count: r.GetInt32(1)), ct)).ToFrozenDictionary(c => c.Circle, c => c.Count),
            Deployment = (await RowsAsync(connection, "select name, value from deployment", r => (r.GetString(0), r.GetString(1)), ct)).ToDictionary(),
        };
    }

    private static string? Text(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);

    private static TimeZoneInfo Zone(string id) => TimeZoneInfo.TryFindSystemTimeZoneById(id, out var zone) ? zone : TimeZoneInfo.Utc;

    private static async Task<List<T>> RowsAsync<T>(NpgsqlConnection connection, string sql, Func<NpgsqlDataReader, T> read, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync(ct);
        var rows = new List<T>();
        while (await reader.ReadAsync(ct))
            rows.Add(read(reader));
        return rows;
    }
}
