using System.Net;
using Cea.Feedback.Intake;
using Cea.Feedback.Storage;
using Npgsql;

namespace Cea.Feedback.Officers;

/// <summary>
/// How often somebody may try to sign in: <see cref="MostOfName"/> times by a name, whether it exists or not, and <see cref="MostOfAddress"/> times from an address; then he waits.
/// A try is counted by one statement before it is judged, so that tries at the same moment, at several Hosts, never get more; the right one is given back.
/// </summary>
public sealed class SignInTries(Databases databases, KeyRing keys)
{
    public const int MostOfName = 5, MostOfAddress = 30, WaitMinutes = 15;

    /// <summary>Counts a try from an address. Null: allowed; else for how long to wait.</summary>
    public async Task<TimeSpan?> CountAddressAsync(IPAddress? from, CancellationToken ct)
    {
        if (await CountAsync("address", HashOf(from), MostOfAddress, ct))
            return null;
        await using var command = databases.Pages.CreateCommand("select since + make_interval(mins => $2) - now() from sign_in_try where kind = 'address' and hash = $1");
        command.Parameters.AddRange(new NpgsqlParameter[] { new() { Value = HashOf(from) }, new() { Value = WaitMinutes } });
        return await command.ExecuteScalarAsync(ct) is TimeSpan left && left > TimeSpan.Zero ? left : TimeSpan.FromSeconds(1);
    }

    /// <summary>Counts a try by a name. False: there were too many; whether it was right must not be said.</summary>
    public Task<bool> CountNameAsync(string name, CancellationToken ct) => CountAsync("name", HashOf(keys, name), MostOfName, ct);

    /// <summary>The try was right, so it counts no more: earlier ones do.</summary>
    public async Task GiveBackAsync(string name, IPAddress? from, CancellationToken ct)
    {
        await using var command = databases.Pages.CreateCommand("update sign_in_try set count = count - 1 where count > 0 and ((kind = 'name' and hash = $1) or (kind = 'address' and hash = $2))");
        command.Parameters.AddRange(new NpgsqlParameter[] { new() { Value = HashOf(keys, name) }, new() { Value = HashOf(from) } });
        await command.ExecuteNonQueryAsync(ct);
    }

    /// <summary>He has signed in, with both steps where there are two: his wrong tries are forgotten.</summary>
    public async Task ForgetAsync(string name, CancellationToken ct)
    {
        await using var command = databases.Pages.CreateCommand("delete from sign_in_try where kind = 'name' and hash = $1");
        command.Parameters.Add(new() { Value = HashOf(keys, name) });
        await command.ExecuteNonQueryAsync(ct);
    }

    internal static byte[] HashOf(KeyRing keys, string? name) => keys.Hash("sign-in name", (name ?? "").ToUpperInvariant());

    private byte[] HashOf(IPAddress? from) => keys.Hash("sign-in address", CallerNetwork.Of(from));

    // Once the limit is reached nothing changes until the wait is over: whoever goes on trying does not lengthen it. The row's lock makes one try wait for the other.
    private async Task<bool> CountAsync(string kind, byte[] hash, int most, CancellationToken ct)
    {
        await using var command = databases.Pages.CreateCommand("""
            insert into sign_in_try as t (kind, hash, count, since) values ($1, $2, 1, now())
            on conflict (kind, hash) do update set count = case when t.since < now() - make_interval(mins => $4) then 1 else t.count + 1 end, since = now()
            where t.count < $3 or t.since < now() - make_interval(mins => $4)
            """);
        command.Parameters.AddRange(new NpgsqlParameter[] { new() { Value = kind }, new() { Value = hash }, new() { Value = most }, new() { Value = WaitMinutes } });
        return await command.ExecuteNonQueryAsync(ct) == 1;
    }
}
