using System.Net;
using System.Text.Json;
using Cea.Feedback.Storage;
using Npgsql;
using NpgsqlTypes;

namespace Cea.Feedback.Intake;

/// <summary>Asks the providers of lines whether all is well there, and keeps what they said for who looks at the lines. No transaction is open meanwhile.</summary>
public sealed class LineCheck(Databases databases, IntakeBoard board, ChannelKinds kinds, TimeProvider clock)
{
    internal static readonly TimeSpan Limit = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Fresh = TimeSpan.FromMinutes(30), Again = TimeSpan.FromMinutes(5);

    /// <summary>What the provider shows to be wrong; empty when all is well; null when it does not answer from here.</summary>
    public static async Task<IReadOnlyList<LineProblem>?> AskAsync(IChecksAccount channel, ChannelAccount account, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(Limit);
        try
        {
            return await channel.CheckAsync(account, new Uri(account.PublicUrl + "/receive"), limit.Token);
        }
        catch (HttpRequestException refused) when (refused.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden)
        {
            return [new LineProblem("credentials", true, "the provider does not accept the credentials of this line: enter them again")];
        }
        catch (Exception away) when (away is HttpRequestException or OperationCanceledException && !ct.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <summary>Asks for one line and keeps the answer.</summary>
    public async Task<IReadOnlyList<LineProblem>?> RunAsync(IChecksAccount channel, ChannelAccount account, CancellationToken ct)
    {
        var found = await AskAsync(channel, account, ct);
        await using var keep = databases.Worker.CreateCommand("update channel_account set checked_at = $2, check_found = $3 where id = $1");
        keep.Parameters.AddRange(new NpgsqlParameter[]
        {
            new() { Value = account.Id }, new() { Value = clock.GetUtcNow().UtcDateTime }, new() { Value = found is null ? DBNull.Value : JsonSerializer.Serialize(found, JsonSerializerOptions.Web), NpgsqlDbType = NpgsqlDbType.Jsonb },
        });
        await keep.ExecuteNonQueryAsync(ct);
        return found;
    }

    /// <summary>Asks for every line in use whose last answer is old; sooner where something was wrong or no answer came, so that what was mended shows as mended.</summary>
    /// <returns>Those that were asked for; with the class of its trouble each that could not be, which stops no other.</returns>
    public async Task<IReadOnlyList<(string AccountId, string? Trouble)>> RoundAsync(CancellationToken ct)
    {
        var fresh = new HashSet<string>();
        await using (var read = databases.Worker.CreateCommand("select id from channel_account where checked_at > case when check_found = '[]' then $1 else $2 end"))
        {
            read.Parameters.AddRange(new NpgsqlParameter[] { new() { Value = (clock.GetUtcNow() - Fresh).UtcDateTime }, new() { Value = (clock.GetUtcNow() - Again).UtcDateTime } });
            await using var reader = await read.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct))
                fresh.Add(reader.GetString(0));
        }
        var asked = new List<(string, string?)>();
        foreach (var account in board.Snapshot.Accounts.Values.Where(a => a.Broken is null && !fresh.Contains(a.Id)))
        {
            if (kinds.Find(account.Kind) is not IChecksAccount channel)
                continue;
            try
            {
                await RunAsync(channel, account, ct);
                asked.Add((account.Id, null));
            }
            catch (Exception trouble) when (OddLine.Is(trouble, ct))
            {
                asked.Add((account.Id, trouble.GetType().Name));
            }
        }
        return asked;
    }

    internal static IReadOnlyList<LineProblem>? Kept(string? found) => found is null ? null : JsonSerializer.Deserialize<List<LineProblem>>(found, JsonSerializerOptions.Web);
}
