using Cea.Feedback.Storage;

namespace Cea.Feedback.Trends;

/// <summary>Adds what changed to the counts, in batches, one folder at a time. A read is the counts plus what is not folded yet, so it is exact at any moment.</summary>
public sealed class CountFolder(Databases databases)
{
    private const int Batch = 20_000;

    /// <summary>One batch; true when there may be more.</summary>
    public async Task<bool> RunAsync(CancellationToken ct)
    {
        await using var command = databases.Worker.CreateCommand("""
            with one as (select pg_try_advisory_xact_lock(472011) as mine),
                 taken as (delete from count_change where id in (select id from count_change, one where one.mine order by id limit $1) returning *),
                 added as (
                    insert into item_count as c (audience_id, day, service_point_id, topic, type, urgency, channel, lang, n)
                    select audience_id, day, service_point_id, topic, type, urgency, channel, lang, sum(n)::int from taken group by 1, 2, 3, 4, 5, 6, 7, 8 having sum(n) <> 0
                    on conflict (day, topic, audience_id, service_point_id, type, urgency, channel, lang) do update set n = c.n + excluded.n)
            select count(*) from taken
            """);
        command.Parameters.Add(new() { Value = Batch });
        return (long)(await command.ExecuteScalarAsync(ct))! == Batch;
    }
}
