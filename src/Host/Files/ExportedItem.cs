using System.Globalization;
using System.Runtime.CompilerServices;
using Cea.Feedback.Trends;
using Npgsql;

namespace Cea.Host.Files;

/// <summary>A checked open item as it may leave: codes, clocks and place, and a quote where two officers let one leave; no other text, no address, nobody's name.</summary>
/// <param name="Id">Beside a quote a random one that stands for it: an item's own id tells when it came.</param>
/// <param name="Place">Null: of no service point.</param>
/// <param name="LangIsCommon">Whether at least <see cref="Suppression.Floor"/> items of the export are in this language at this place (S12).</param>
/// <param name="SpokenAt">Null beside a quote, as every other time is.</param>
/// <param name="Quote">Masked and approved; null: none.</param>
/// <param name="Who">What may leave of who spoke; beside a quote nothing.</param>
/// <param name="QuoteWeek">Beside a quote the Monday of the week in which it was said, where at least <see cref="Suppression.Floor"/> items of the export are of that week, place, and language where it is shown.</param>
internal sealed record ExportedItem(
    Guid Id, DateTime? SpokenAt, DateTime? RecordedAt, string Channel, ExportedPlace? Place, string Lang, bool LangIsCommon, string Status, string Type, string[] Topics, string Urgency, string About, string Team,
    DateTime? ConfirmedAt, DateTime? SeenAt, DateTime? FirstAnswerAt, DateTime? ReferredAt, bool HasResolution, DateTime? ResolvedAt, DateTime? LoopClosedAt, bool IsLoopClosed, string? LoopMethod, string? LoopImpossible,
    string? Quote, DateOnly? QuoteWeek, WhoSpoke Who)
{
    /// <summary>An export of no more days says by itself when its items were said: a quote leaves in it only from a place with <see cref="Suppression.Floor"/> items in the export.</summary>
    private const int ShortPeriod = 31;

    /// <summary>A day on the calendar of the service point.</summary>
    public DateOnly DayOf(DateTime at) => DateOnly.FromDateTime(TimeZoneInfo.ConvertTimeFromUtc(at, Place?.Zone ?? TimeZoneInfo.Utc));

    /// <summary>When it was said, as it may leave in our own file: a time, beside a quote at most a week.</summary>
    public object? Said => Quote is null ? SpokenAt : Week;

    /// <summary>As ISO 8601 writes it: 2026-W47.</summary>
    public string? Week => QuoteWeek is { } monday ? string.Create(CultureInfo.InvariantCulture, $"{ISOWeek.GetYear(monday)}-W{ISOWeek.GetWeekOfYear(monday):D2}") : null;

    /// <summary>What was said on these days of the service point's own calendar, oldest first, one row at a time. Rows with a quote come last and in no order: their place among the others would tell when.</summary>
    /// <exception cref="InvalidOperationException">Nobody of this deployment may see open items.</exception>
    public static async IAsyncEnumerable<ExportedItem> ReadAsync(NpgsqlDataSource exports, DateOnly from, DateOnly to, [EnumeratorCancellation] CancellationToken ct)
    {
        await using var connection = await exports.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, ct); // counted and read as one
        // Acts as somebody who may see open items, as little else as there is: the statement names open items alone.
        await using (var act = new NpgsqlCommand("""
            select set_config('cea.officer', (select o.id::text from officer o join officer_access x on x.officer_id = o.id where 1 = any (x.audiences) order by cardinality(x.audiences), o.id limit 1), true)
            """, connection))
        {
            if (await act.ExecuteScalarAsync(ct) is not string { Length: > 0 })
                throw new InvalidOperationException("no officer may see open items yet: cea user add NAME --role officer");
        }
        var who = await CommonAsync(connection, new DateOnly(from.Year, from.Month, 1), new DateOnly(to.Year, to.Month, DateTime.DaysInMonth(to.Year, to.Month)), ct);
        await using var command = Command(connection, """
            select i.id, i.spoken_at, i.recorded_at, i.channel, s.slug, s.name, s.visibility, s.country, s.region, s.area, s.time_zone, i.lang, c.lang is not null, i.status, i.type, i.topics, i.urgency, i.about, t.name,
                   i.confirmed_at, i.seen_at, i.first_answer_at, i.referred_at, i.resolution is not null, i.resolved_at, i.loop_closed_at, i.loop_method, i.loop_impossible,
                   q.id, q.text, case when q.id is not null and case when c.lang is not null then w.n else w.of_all end >= $3 then i.week end, coalesce(i.service_point_id, 0), i.month, i.sex, i.age_band, i.diversity
            from open i join team t on t.id = i.team_id left join service_point s on s.id = i.service_point_id left join common c on c.place = coalesce(i.service_point_id, 0) and c.lang = i.lang
            join weeks w on w.place = coalesce(i.service_point_id, 0) and w.week = i.week and w.lang = i.lang
            join places p on p.place = w.place left join lateral (select i.quote_id as id, i.quote as text where not $6 or p.n >= $3) q on true
            order by q.id nulls first, i.spoken_at, i.id
            """, [.. Days(from, to), to.DayNumber - from.DayNumber < ShortPeriod]);
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            yield return Read(reader, who);
    }

    // Who spoke as he said himself, where he or who spoke for him agreed that it is shared outside (the last answer about this item holds). Of who may still be quoted nothing: a row that has its
    // own id in one file and is a quote in the next would be found by what is missing. Of a month that goes on nothing: who is one of nine today may be one of ten tomorrow.
    private static NpgsqlCommand Command(NpgsqlConnection connection, string select, object[] values)
    {
        var command = new NpgsqlCommand($"""
            with open as (
                select i.*, q.id as quote_id, q.text as quote, date_trunc('week', there.said)::date as week, date_trunc('month', there.said)::date as month,
                       who.sex, who.age_band, coalesce(who.diversity, array[]::text[]) as diversity
                from item i left join quote q on q.item_id = i.id and q.approved_at is not null and quote_refusal(i.id) is null left join service_point s on s.id = i.service_point_id
                cross join lateral (select i.spoken_at at time zone coalesce(s.time_zone, 'UTC') as said, now() at time zone coalesce(s.time_zone, 'UTC') as now) there
                left join lateral (
                    select f.sex, f.age_band, f.diversity from speaker f where f.item_id = i.id and f.sealed is null and date_trunc('month', there.said) < date_trunc('month', there.now) and quote_refusal(i.id) is not null
                      and (select c.answer from consent c where c.kind = 'share' and c.item_id = i.id order by c.at desc, c.id desc limit 1) in ('without_name', 'with_name')
                ) who on true
                where i.circle_id = 0 and i.checked and i.sensitivity = 0 and i.audience_id = 1 and i.spoken_at >= $1 and i.spoken_at < $2
                  and there.said::date between $4 and $5
            ), common as (
                select coalesce(service_point_id, 0) as place, lang from open group by 1, 2 having count(*) >= $3
            ), weeks as (
                select coalesce(service_point_id, 0) as place, week, lang, count(*) as n, sum(count(*)) over (partition by coalesce(service_point_id, 0), week) as of_all from open group by 1, 2, 3
            ), places as (
                select place, sum(n) as n from weeks group by 1
            )
            {select}
            """, connection);
        foreach (var value in values)
            command.Parameters.Add(new() { Value = value });
        return command;
    }

    // Of whole months, whatever days the file is of: the same item says the same in every file. Who may still be quoted, or is, counts for nobody: his row goes when the quote leaves. Where fewer
    // than ten say anything nothing leaves, and nobody is asked for.
    private static async Task<CommonSpeakers> CommonAsync(NpgsqlConnection connection, DateOnly firstOfMonth, DateOnly lastOfMonth, CancellationToken ct)
    {
        await using var command = Command(connection, """
            select coalesce(i.service_point_id, 0), i.month, i.lang, i.sex, i.age_band, i.diversity, count(*) filter (where quote_refusal(i.id) is not null)::int
            from (select *, count(coalesce(sex, age_band, diversity[1])) over (partition by service_point_id, month, lang) as told from open) i where i.told >= $3 group by 1, 2, 3, 4, 5, 6
            """, Days(firstOfMonth, lastOfMonth));
        await using var reader = await command.ExecuteReaderAsync(ct);
        var groups = new List<(CommonSpeakers.Among Among, WhoSpoke Said, int Count)>();
        while (await reader.ReadAsync(ct))
            groups.Add((new(reader.GetInt32(0), reader.GetFieldValue<DateOnly>(1), reader.GetString(2)), ToldBy(reader, 3), reader.GetInt32(6)));
        return new CommonSpeakers(groups);
    }

    private static WhoSpoke ToldBy(NpgsqlDataReader r, int first) => WhoSpoke.Of(r.IsDBNull(first) ? null : r.GetString(first), r.IsDBNull(first + 1) ? null : r.GetString(first + 1), (string[])r[first + 2]);

    private static ExportedItem Read(NpgsqlDataReader r, CommonSpeakers who)
    {
        string? Text(int column) => r.IsDBNull(column) ? null : r.GetString(column);
        DateTime? Time(int column) => r.IsDBNull(column) ? null : r.GetDateTime(column);
        var place = Text(4) is { } slug ? new ExportedPlace(slug, r.GetString(5), r.GetString(6) == "all", Text(7), Text(8), Text(9), TimeZoneInfo.TryFindSystemTimeZoneById(r.GetString(10), out var zone) ? zone : TimeZoneInfo.Utc) : null;
        var quote = Text(29);
        DateTime? Unquoted(int column) => quote is null ? Time(column) : null;
        return new ExportedItem(r.GetGuid(quote is null ? 0 : 28), Unquoted(1), Unquoted(2), r.GetString(3), place, r.GetString(11), r.GetBoolean(12), r.GetString(13), r.GetString(14), (string[])r[15], r.GetString(16), r.GetString(17),
            r.GetString(18), Unquoted(19), Unquoted(20), Unquoted(21), Unquoted(22), r.GetBoolean(23), Unquoted(24), Unquoted(25), !r.IsDBNull(25), Text(26), Text(27), quote, r.IsDBNull(30) ? null : r.GetFieldValue<DateOnly>(30),
            quote is null ? who.Leaves(new(r.GetInt32(31), r.GetFieldValue<DateOnly>(32), r.GetString(11)), ToldBy(r, 33)) : WhoSpoke.Nothing);
    }

    // Days are those of the place's own calendar; a day more at both ends lets an index find them.
    private static object[] Days(DateOnly from, DateOnly to) => [Start(from, -1), Start(to, 2), (long)Suppression.Floor, from, to];

    private static DateTime Start(DateOnly day, int more) => day.ToDateTime(TimeOnly.MinValue, DateTimeKind.Utc).AddDays(more);
}

/// <summary>A service point; a name that is not told to everybody does not leave.</summary>
internal sealed record ExportedPlace(string Slug, string Name, bool Public, string? Country, string? Region, string? Area, TimeZoneInfo Zone);
