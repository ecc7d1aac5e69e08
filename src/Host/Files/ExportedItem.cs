using System.Runtime.CompilerServices;
using Cea.Feedback.Trends;
using Npgsql;

namespace Cea.Host.Files;

/// <summary>A checked open item as it may leave: codes, clocks and place; no text, no address, nobody's name.</summary>
/// <param name="Place">Null: of no service point.</param>
/// <param name="LangIsCommon">Whether at least <see cref="Suppression.Floor"/> items of the export are in this language at this place (S12).</param>
internal sealed record ExportedItem(
    Guid Id, DateTime SpokenAt, DateTime RecordedAt, string Channel, ExportedPlace? Place, string Lang, bool LangIsCommon, string Status, string Type, string[] Topics, string Urgency, string About, string Team,
    DateTime? ConfirmedAt, DateTime? SeenAt, DateTime? FirstAnswerAt, DateTime? ReferredAt, bool HasResolution, DateTime? ResolvedAt, DateTime? LoopClosedAt, string? LoopMethod, string? LoopImpossible)
{
    /// <summary>A day on the calendar of the service point.</summary>
    public DateOnly DayOf(DateTime at) => DateOnly.FromDateTime(TimeZoneInfo.ConvertTimeFromUtc(at, Place?.Zone ?? TimeZoneInfo.Utc));

    /// <summary>What was said on these days of the service point's own calendar, oldest first, one row at a time.</summary>
    /// <exception cref="InvalidOperationException">Nobody of this deployment may see open items.</exception>
    public static async IAsyncEnumerable<ExportedItem> ReadAsync(NpgsqlDataSource exports, DateOnly from, DateOnly to, [EnumeratorCancellation] CancellationToken ct)
    {
        await using var connection = await exports.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        // Acts as somebody who may see open items, as little else as there is: the statement names open items alone.
        await using (var act = new NpgsqlCommand("""
            select set_config('cea.officer', (select o.id::text from officer o join officer_access x on x.officer_id = o.id where 1 = any (x.audiences) order by cardinality(x.audiences), o.id limit 1), true)
            """, connection))
        {
            if (await act.ExecuteScalarAsync(ct) is not string { Length: > 0 })
                throw new InvalidOperationException("no officer may see open items yet: cea user add NAME --role officer");
        }
        await using var command = new NpgsqlCommand("""
            with open as (
                select i.* from item i left join service_point s on s.id = i.service_point_id
                where i.circle_id = 0 and i.checked and i.sensitivity = 0 and i.audience_id = 1 and i.spoken_at >= $1 and i.spoken_at < $2
                  and (i.spoken_at at time zone coalesce(s.time_zone, 'UTC'))::date between $4 and $5
            ), common as (
                select coalesce(service_point_id, 0) as place, lang from open group by 1, 2 having count(*) >= $3
            )
            select i.id, i.spoken_at, i.recorded_at, i.channel, s.slug, s.name, s.visibility, s.country, s.region, s.area, s.time_zone, i.lang, c.lang is not null, i.status, i.type, i.topics, i.urgency, i.about, t.name,
                   i.confirmed_at, i.seen_at, i.first_answer_at, i.referred_at, i.resolution is not null, i.resolved_at, i.loop_closed_at, i.loop_method, i.loop_impossible
            from open i join team t on t.id = i.team_id left join service_point s on s.id = i.service_point_id left join common c on c.place = coalesce(i.service_point_id, 0) and c.lang = i.lang
            order by i.spoken_at, i.id
            """, connection)
        {
            // Days are those of the place's own calendar; a day more at both ends lets an index find them.
            Parameters = { new() { Value = Start(from, -1) }, new() { Value = Start(to, 2) }, new() { Value = (long)Suppression.Floor }, new() { Value = from }, new() { Value = to } },
        };
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            yield return Read(reader);
    }

    private static ExportedItem Read(NpgsqlDataReader r)
    {
        string? Text(int column) => r.IsDBNull(column) ? null : r.GetString(column);
        DateTime? Time(int column) => r.IsDBNull(column) ? null : r.GetDateTime(column);
        var place = Text(4) is { } slug ? new ExportedPlace(slug, r.GetString(5), r.GetString(6) == "all", Text(7), Text(8), Text(9), TimeZoneInfo.TryFindSystemTimeZoneById(r.GetString(10), out var zone) ? zone : TimeZoneInfo.Utc) : null;
        return new ExportedItem(r.GetGuid(0), r.GetDateTime(1), r.GetDateTime(2), r.GetString(3), place, r.GetString(11), r.GetBoolean(12), r.GetString(13), r.GetString(14), (string[])r[15], r.GetString(16), r.GetString(17),
            r.GetString(18), Time(19), Time(20), Time(21), Time(22), r.GetBoolean(23), Time(24), Time(25), Text(26), Text(27));
    }

    private static DateTime Start(DateOnly day, int more) => day.ToDateTime(TimeOnly.MinValue, DateTimeKind.Utc).AddDays(more);
}

/// <summary>A service point; a name that is not told to everybody does not leave.</summary>
internal sealed record ExportedPlace(string Slug, string Name, bool Public, string? Country, string? Region, string? Area, TimeZoneInfo Zone);
