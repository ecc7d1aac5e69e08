using Cea.Feedback.Storage;
using Npgsql;

namespace Cea.Feedback.Officers;

/// <summary>Who a session belongs to and what he may; asked anew for each request, so that what was ended or taken away is gone at once on every Host.</summary>
/// <param name="Stale">His last click is to be written down again.</param>
public sealed record SessionShown(int OfficerId, string Name, string[] Roles, string Language, bool MustChangePassword, bool MustSetUpTotp, bool Stale);

/// <summary>
/// Sessions of officers: each ends when he signs out, an hour after his last click, ten hours after its begin, and after a few wrong codes or passwords typed in it; all of
/// them end with his security stamp (a new password, a phone taken away, switched off). The database's clock counts, since Hosts may differ.
/// </summary>
public sealed class Sessions(Databases databases)
{
    private const string Alive = "o.active and o.security_stamp = s.stamp and s.wrong_tries < 5 and s.seen_at > now() - interval '1 hour' and s.started_at > now() - interval '10 hours'";

    public async Task<Guid> BeginAsync(int officerId, string stamp, CancellationToken ct)
    {
        var id = Guid.CreateVersion7();
        await DoAsync("insert into session (id, officer_id, stamp) values ($1, $2, $3)", ct, id, officerId, stamp);
        return id;
    }

    public Task EndAsync(Guid id, CancellationToken ct) => DoAsync("delete from session where id = $1", ct, id);

    /// <summary>Null once it has ended.</summary>
    public async Task<SessionShown?> FindAsync(Guid id, CancellationToken ct)
    {
        await using var command = databases.Pages.CreateCommand($"""
            select o.id, o.display_name, o.roles, o.language, o.must_change_password,
                   o.totp_confirmed_at is null and exists (select 1 from deployment where name = 'totp_required' and value = '1'), s.seen_at < now() - interval '1 minute'
            from session s join officer o on o.id = s.officer_id where s.id = $1 and {Alive}
            """);
        command.Parameters.Add(new() { Value = id });
        await using var reader = await command.ExecuteReaderAsync(ct);
        return await reader.ReadAsync(ct)
            ? new SessionShown(reader.GetInt32(0), reader.GetString(1), (string[])reader[2], reader.GetString(3), reader.GetBoolean(4), reader.GetBoolean(5), reader.GetBoolean(6)) : null;
    }

    public Task TouchAsync(Guid id, CancellationToken ct) => DoAsync("update session set seen_at = now() where id = $1", ct, id);

    /// <summary>Counts a code or password typed in it, before it is judged. False: there were too many.</summary>
    public async Task<bool> CountTryAsync(Guid id, CancellationToken ct) => await DoAsync("update session set wrong_tries = wrong_tries + 1 where id = $1 and wrong_tries < 5", ct, id) == 1;

    /// <summary>It was right.</summary>
    public Task GiveBackAsync(Guid id, CancellationToken ct) => DoAsync("update session set wrong_tries = wrong_tries - 1 where id = $1 and wrong_tries > 0", ct, id);

    private async Task<int> DoAsync(string sql, CancellationToken ct, params object[] values)
    {
        await using var command = databases.Pages.CreateCommand(sql);
        foreach (var value in values)
            command.Parameters.Add(new() { Value = value });
        return await command.ExecuteNonQueryAsync(ct);
    }
}
