using Cea.Feedback.Storage;
using Npgsql;

namespace Cea.Feedback.Intake;

/// <summary>Fetches what a provider received for us and could not deliver: by default Twilio does not come again after a 503. Goes through the same inbox, so nothing doubles.</summary>
public sealed class CatchUp(Databases databases, IntakeBoard board, ChannelKinds kinds, Inbox inbox, TimeProvider clock)
{
    private static readonly TimeSpan FirstLook = TimeSpan.FromDays(1), Overlap = TimeSpan.FromMinutes(15);

    /// <summary>For each account: how many the provider listed, and how many of them were new; with the class of its trouble each that could not be done, which stops no other and begins at the same moment again.</summary>
    public async Task<IReadOnlyList<(string AccountId, int Listed, int New, string? Trouble)>> RunAsync(CancellationToken ct)
    {
        var done = new List<(string, int, int, string?)>();
        foreach (var account in board.Snapshot.Accounts.Values.Where(a => a.Broken is null))
        {
            if (kinds.Find(account.Kind) is not IListsReceived lists)
                continue;
            var started = clock.GetUtcNow();
            await using var read = databases.Worker.CreateCommand("select caught_up_to from channel_account where id = $1");
            read.Parameters.Add(new() { Value = account.Id });
            var since = await read.ExecuteScalarAsync(ct) is DateTime to ? new DateTimeOffset(to, TimeSpan.Zero) - Overlap : started - FirstLook;
            var (listed, fresh) = (0, 0);
            try
            {
                await foreach (var chunk in lists.ListReceivedAsync(account, since, ct).Chunk(50).WithCancellation(ct))
                {
                    var receipts = await inbox.StoreAsync(account.Id, chunk, default, ct);
                    listed += chunk.Length;
                    fresh += receipts.Count(r => !r.Repeated);
                }
            }
            catch (Exception trouble) when (trouble is HttpRequestException or OperationCanceledException)
            {
                continue; // the provider is away: the next round begins at the same moment
            }
            catch (Exception trouble) when (OddLine.Is(trouble, ct))
            {
                done.Add((account.Id, listed, fresh, trouble.GetType().Name));
                continue;
            }
            await using var write = databases.Worker.CreateCommand("update channel_account set caught_up_to = $2 where id = $1");
            write.Parameters.AddRange(new NpgsqlParameter[] { new() { Value = account.Id }, new() { Value = started.UtcDateTime } });
            await write.ExecuteNonQueryAsync(ct);
            done.Add((account.Id, listed, fresh, null));
        }
        return done;
    }
}
