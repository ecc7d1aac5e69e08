using System.Security.Cryptography;
using Cea.Feedback.Intake;
using Cea.Feedback.Storage;
using Npgsql;

namespace Cea.Feedback.People;

/// <summary>
/// Has providers delete what they still hold of people whose data was erased (S15). A row is leased by its due time; deleting what is gone does no harm, so a lease that ran out is tried again.
/// A file of a report that is kept, and that has not been fetched yet, is waited for. What a provider will not delete within <see cref="GivesUpAfter"/> is told to who answers for erasures, and its address goes.
/// </summary>
public sealed class ProviderCopies(Databases databases, KeyRing keys, IntakeBoard board, ChannelKinds kinds, TimeProvider clock)
{
    /// <summary>The confirmation goes out in it, and a provider deletes nothing that is still under way.</summary>
    public static readonly TimeSpan First = TimeSpan.FromHours(1), GivesUpAfter = TimeSpan.FromDays(14);

    /// <summary>The longest that any provider lets us delete a message of ours by its id.</summary>
    public static readonly TimeSpan Young = TimeSpan.FromHours(48);
    private const int AtOnce = 20;
    private static readonly TimeSpan OneTalk = TimeSpan.FromMinutes(2), Lease = TimeSpan.FromMinutes(15), LongestPause = TimeSpan.FromHours(12);

    private sealed record Copy(long Id, string AccountId, string? Space, byte[]? Address, byte[]? ProviderId, int Attempt, DateTimeOffset AskedAt, DateTimeOffset? CaughtUpTo, DateTimeOffset Until);

    /// <summary>How many were deleted.</summary>
    public async Task<int> RunAsync(CancellationToken ct)
    {
        var deleted = 0;
        foreach (var copy in await LeaseAsync(ct))
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
            limit.CancelAfter(OneTalk);
            if (await DeleteAsync(copy, limit.Token, ct))
            {
                await SettleAsync("delete from provider_copy where id = $1", copy.Id, ct);
                deleted++;
            }
            else if (clock.GetUtcNow() - copy.AskedAt >= GivesUpAfter)
            {
                await SettleAsync("update provider_copy set address = null, provider_id = null, gave_up_at = $2 where id = $1", copy.Id, ct, clock.GetUtcNow());
            }
            else
            {
                var pause = TimeSpan.FromMinutes(15 * Math.Pow(2, Math.Min(copy.Attempt, 10)));
                await SettleAsync("update provider_copy set due_at = $2 where id = $1", copy.Id, ct, clock.GetUtcNow() + (pause < LongestPause ? pause : LongestPause));
            }
        }
        return deleted;
    }

    // True: it is gone, or this kind of line holds none. A line that was taken away may come back: it waits.
    private async Task<bool> DeleteAsync(Copy copy, CancellationToken ct, CancellationToken stop)
    {
        if (!board.Snapshot.Accounts.TryGetValue(copy.AccountId, out var account) || kinds.Find(account.Kind) is not { } kind)
            return false;
        try
        {
            if (copy.Address is { } address && kind is IDeletesTalks talks && kind.Traits.AddressSpace == copy.Space)
            {
                if (kind is IListsReceived && account.Broken is null && !(copy.CaughtUpTo >= copy.AskedAt + IListsReceived.Settles))
                    return false; // what the provider could not bring us is still to be fetched; nothing is, on a line that is closed
                await talks.DeleteTalkAsync(new ContactAddress(copy.Space, keys.OpenText(address, "address")), copy.Until, account, ct);
            }
            if (copy.ProviderId is { } id && kind is IDeletesSent sent)
                return await sent.DeleteSentAsync(keys.OpenText(id, "provider id"), account, ct);
            return true;
        }
        catch (Exception away) when (away is HttpRequestException or CryptographicException || (away is OperationCanceledException && !stop.IsCancellationRequested))
        {
            return false; // and when it cannot be opened any more: one such row must not stop the others, and is told in the end
        }
    }

    private async Task<List<Copy>> LeaseAsync(CancellationToken ct)
    {
        await using var command = databases.Worker.CreateCommand("""
            update provider_copy set attempt = attempt + 1, due_at = $1 + $2 where id in (
                select c.id from provider_copy c where c.gave_up_at is null and c.due_at <= $1
                  and (c.address is null or c.asked_at <= $4 or not (
                      exists (select 1 from outbox o where o.person_id = c.person_id and o.state in ('due', 'sending'))
                      or exists (select 1 from item i join media m on m.item_id = i.id where i.person_id in (c.person_id, c.kept_id) and m.state in ('pending', 'failed') and m.reference is not null)))
                order by c.due_at limit $3 for update skip locked)
            returning id, account_id, space, address, provider_id, attempt, asked_at, (select a.caught_up_to from channel_account a where a.id = account_id), coalesce(until, asked_at)
            """);
        command.Parameters.AddRange(new NpgsqlParameter[] { new() { Value = clock.GetUtcNow().UtcDateTime }, new() { Value = Lease }, new() { Value = AtOnce }, new() { Value = (clock.GetUtcNow() - GivesUpAfter).UtcDateTime } });
        await using var reader = await command.ExecuteReaderAsync(ct);
        var leased = new List<Copy>();
        while (await reader.ReadAsync(ct))
            leased.Add(new Copy(reader.GetInt64(0), reader.GetString(1), reader[2] as string, reader[3] as byte[], reader[4] as byte[], reader.GetInt32(5), reader.GetFieldValue<DateTimeOffset>(6), reader.IsDBNull(7) ? null : reader.GetFieldValue<DateTimeOffset>(7), reader.GetFieldValue<DateTimeOffset>(8)));
        return leased;
    }

    private async Task SettleAsync(string sql, long id, CancellationToken ct, DateTimeOffset? at = null)
    {
        await using var command = databases.Worker.CreateCommand(sql);
        command.Parameters.Add(new() { Value = id });
        if (at is { } time)
            command.Parameters.Add(new() { Value = time.UtcDateTime });
        await command.ExecuteNonQueryAsync(ct);
    }
}
