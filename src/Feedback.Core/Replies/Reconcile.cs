using Cea.Feedback.Intake;
using Cea.Feedback.People;
using Cea.Feedback.Storage;
using Npgsql;

namespace Cea.Feedback.Replies;

/// <summary>
/// Settles what only the provider knows: sendings in doubt that its list has, and messages whose last word is hours old. Not being in the list is no leave to send again:
/// the officer sees it and decides.
/// </summary>
public sealed class Reconcile(Databases databases, KeyRing keys, IntakeBoard board, ChannelKinds kinds, Deliveries deliveries, TimeProvider clock)
{
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(90), Stuck = TimeSpan.FromHours(2), SmsCountsAsTold = TimeSpan.FromHours(24);

    public async Task<int> RunAsync(CancellationToken ct)
    {
        var settled = 0;
        foreach (var account in board.Snapshot.Accounts.Values.Where(a => a.Broken is null))
        {
            if (kinds.Find(account.Kind) is not IFindsSent finds)
                continue;
            try
            {
                settled += await DoubtsAsync(account, finds, kinds.Find(account.Kind)!.Traits.AddressSpace, ct);
                settled += await StuckAsync(account, finds, ct);
            }
            catch (Exception trouble) when (trouble is HttpRequestException or OperationCanceledException)
            {
                // the provider is away: next round
            }
        }
        await ToldByNowAsync(ct);
        return settled;
    }

    private async Task<int> DoubtsAsync(ChannelAccount account, IFindsSent finds, string space, CancellationToken ct)
    {
        var doubts = new List<(Guid Id, DateTimeOffset At, byte[] Body, byte[] Address)>();
        await using (var command = databases.Worker.CreateCommand("""
            select o.id, o.attempted_at, o.body, coalesce(a.sealed, t.sealed) from outbox o left join address a on a.person_id = o.person_id and a.space = $2 left join line_test t on t.outbox_id = o.id
            where coalesce(a.sealed, t.sealed) is not null and o.account_id = $1 and o.state = 'in_doubt' and o.attempted_at < $3 and o.error_code is distinct from 'not_in_list' and length(o.body) > 0 order by o.attempted_at limit 50
            """))
        {
            command.Parameters.AddRange(new NpgsqlParameter[] { new() { Value = account.Id }, new() { Value = space }, new() { Value = (clock.GetUtcNow() - Settle).UtcDateTime } });
            await using var reader = await command.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct))
                doubts.Add((reader.GetGuid(0), reader.GetFieldValue<DateTimeOffset>(1), (byte[])reader[2], (byte[])reader[3]));
        }
        var settled = 0;
        foreach (var (id, at, body, address) in doubts)
        {
            var text = new OutgoingText(id, new ContactAddress(space, keys.OpenText(address, "address")), new PersonalText(keys.OpenText(body, "outbox")), "");
            if (await finds.FindSentAsync(text, at, account, ct) is not { } found)
                continue;
            await using var connection = await databases.Worker.OpenConnectionAsync(ct);
            await using var transaction = await connection.BeginTransactionAsync(ct);
            if (found.Found)
            {
                await deliveries.ApplyAsync(connection, account.Id, new DeliveryReported { ExternalId = $"list {id}", OutboxId = id, ProviderId = found.ExternalId, Status = found.Status ?? "sent", State = DeliveryState.Sent }, clock.GetUtcNow(), ct);
                settled++;
            }
            else
            {
                await using var mark = new NpgsqlCommand("update outbox set error_code = 'not_in_list' where id = $1 and state = 'in_doubt'", connection) { Parameters = { new() { Value = id } } };
                await mark.ExecuteNonQueryAsync(ct);
            }
            await transaction.CommitAsync(ct);
        }
        return settled;
    }

    private async Task<int> StuckAsync(ChannelAccount account, IFindsSent finds, CancellationToken ct)
    {
        var stuck = new List<(Guid Id, byte[] Provider)>();
        await using (var command = databases.Worker.CreateCommand("""
            update outbox set attempted_at = now() where id in (
                select id from outbox where account_id = $1 and state = 'sent' and provider_sealed is not null and sent_at < $2 and sent_at > $2 - interval '3 days' and attempted_at < $2 order by attempted_at limit 50)
            returning id, provider_sealed
            """))
        {
            command.Parameters.AddRange(new NpgsqlParameter[] { new() { Value = account.Id }, new() { Value = (clock.GetUtcNow() - Stuck).UtcDateTime } });
            await using var reader = await command.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct))
                stuck.Add((reader.GetGuid(0), (byte[])reader[1]));
        }
        foreach (var (id, provider) in stuck)
        {
            if (await finds.ReadStatusAsync(keys.OpenText(provider, "provider id"), account, ct) is not { } report)
                continue;
            await using var connection = await databases.Worker.OpenConnectionAsync(ct);
            await using var transaction = await connection.BeginTransactionAsync(ct);
            await deliveries.ApplyAsync(connection, account.Id, report with { OutboxId = id }, clock.GetUtcNow(), ct);
            await transaction.CommitAsync(ct);
        }
        return stuck.Count;
    }

    // Many SMS routes never report more than "sent": after a day without a failure the closing message counts as having told the person.
    private async Task ToldByNowAsync(CancellationToken ct)
    {
        await using var connection = await databases.Worker.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        var ids = new List<Guid>();
        await using (var command = new NpgsqlCommand("select o.id from outbox o join item i on i.closing_outbox_id = o.id where i.status = 'resolved' and o.state = 'sent' and o.sent_at < $1 limit 500", connection)
        {
            Parameters = { new() { Value = (clock.GetUtcNow() - SmsCountsAsTold).UtcDateTime } },
        })
        {
            await using var reader = await command.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct))
                ids.Add(reader.GetGuid(0));
        }
        foreach (var id in ids)
            await deliveries.CloseAsync(connection, id, ct);
        await transaction.CommitAsync(ct);
    }
}
