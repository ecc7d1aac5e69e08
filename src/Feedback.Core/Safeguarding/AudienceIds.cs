using Npgsql;
using NpgsqlTypes;

namespace Cea.Feedback.Safeguarding;

/// <summary>The number of an audience; made when it is not there yet.</summary>
public static class AudienceIds
{
    public static async Task<int> FindOrMakeAsync(NpgsqlDataSource source, short[] circles, int? servicePointId, bool alternateOnly, int[] excluded, CancellationToken ct)
    {
        await using var connection = await source.OpenConnectionAsync(ct);
        return await FindOrMakeAsync(connection, circles, servicePointId, alternateOnly, excluded, ct);
    }

    public static async Task<int> FindOrMakeAsync(NpgsqlConnection connection, short[] circles, int? servicePointId, bool alternateOnly, int[] excluded, CancellationToken ct)
    {
        if (circles is [0])
            return Audience.OpenId;
        while (true)
        {
            await using (var find = Command("select id from audience where circles = $1 and service_point_id is not distinct from $2 and alternate_only = $3 and excluded = $4"))
            {
                if (await find.ExecuteScalarAsync(ct) is int id)
                    return id;
            }
            await using var make = Command("insert into audience (circles, service_point_id, alternate_only, excluded) values ($1, $2, $3, $4) on conflict do nothing returning id");
            if (await make.ExecuteScalarAsync(ct) is int made)
                return made;
        }

        NpgsqlCommand Command(string sql) => new(sql, connection)
        {
            Parameters =
            {
                new() { Value = circles.Order().ToArray() },
                new() { Value = (object?)servicePointId ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Integer },
                new() { Value = alternateOnly },
                new() { Value = excluded.Order().ToArray() },
            },
        };
    }
}
