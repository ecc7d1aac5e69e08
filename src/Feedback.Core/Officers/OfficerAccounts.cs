using System.Security.Cryptography;
using System.Text;
using Cea.Feedback.Safeguarding;
using Cea.Feedback.Storage;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;
using Npgsql;
using NpgsqlTypes;

namespace Cea.Feedback.Officers;

/// <summary>Makes officers and API keys from the command line and at the first start; a secret is shown once and kept as a hash only.</summary>
public sealed class OfficerAccounts(NpgsqlDataSource source, KeyRing keys)
{
    public const int ShortestPassword = 12;
    private static PasswordHasher<OfficerUser> Hasher => new(Options.Create(new PasswordHasherOptions { IterationCount = PasswordCost.Hash }));

    /// <summary>Four groups of five symbols that cannot be taken for each other: about 98 bits.</summary>
    public static string NewSecret()
    {
        const string symbols = "23456789abcdefghjkmnpqrstuvwxyz";
        return string.Join('-', Enumerable.Range(0, 4).Select(_ => RandomNumberGenerator.GetString(symbols, 5)));
    }

    public static string Hash(OfficerUser user, string password) => Hasher.HashPassword(user, password);

    /// <summary>As slow as a sign-in. Never where there is no password.</summary>
    public static bool IsPassword(OfficerUser user, string password) => user.PasswordHash is { } hash && Hasher.VerifyHashedPassword(user, hash, password) is not PasswordVerificationResult.Failed;

    /// <param name="circles">Circles he is cleared for. The command line may clear the first two of a circle; later ones are proposed and confirmed by its members (S3).</param>
    /// <exception cref="RuleException">name_taken, unknown_role, unknown_circle, circle_has_members.</exception>
    public async Task<int> AddAsync(string name, string password, string[] roles, string[] circles, bool alternate, int? servicePointId, string displayName, bool mustChange, CancellationToken ct)
    {
        if (roles.FirstOrDefault(r => !Roles.All.Contains(r)) is not null)
            throw new RuleException("unknown_role");
        if (circles.FirstOrDefault(c => Circle.All.All(k => k.Code != c || k.Id == 0)) is not null)
            throw new RuleException("unknown_circle");
        await using var connection = await source.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        var (pub, priv) = CircleKeys.NewPair();
        var user = new OfficerUser { UserName = name };
        int id;
        await using (var insert = new NpgsqlCommand("""
            insert into officer (user_name, normalized_user_name, password_hash, security_stamp, concurrency_stamp, display_name, roles, public_key, private_key, private_key_iterations, service_point_id, must_change_password)
            values ($1, $2, $3, $4, $4, $5, $6, $7, $8, $9, $10, $11) on conflict (normalized_user_name) do nothing returning id
            """, connection)
        {
            Parameters =
            {
                new() { Value = name }, new() { Value = name.ToUpperInvariant() }, new() { Value = Hash(user, password) }, new() { Value = Guid.CreateVersion7().ToString("N") }, new() { Value = displayName }, new() { Value = roles },
                new() { Value = pub }, new() { Value = CircleKeys.LockWithPassword(priv, password, PasswordCost.Lock) }, new() { Value = PasswordCost.Lock }, new() { Value = (object?)servicePointId ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Integer }, new() { Value = mustChange },
            },
        })
            id = await insert.ExecuteScalarAsync(ct) is int made ? made : throw new RuleException("name_taken");
        foreach (var circle in circles)
            await ClearAsync(connection, Circle.Of(circle).Id, id, pub, alternate, ct);
        await transaction.CommitAsync(ct);
        return id;
    }

    /// <summary>Makes a key that acts as an officer of its own, who sees checked open items only.</summary>
    public async Task<string> AddApiKeyAsync(string name, string scope, CancellationToken ct)
    {
        if (scope is not ("read" or "submit" or "manage"))
            throw new RuleException("unknown_scope");
        var secret = "cea_" + RandomNumberGenerator.GetString("23456789abcdefghjkmnpqrstuvwxyzABCDEFGHJKMNPQRSTUVWXYZ", 40);
        await using var connection = await source.OpenConnectionAsync(ct);
        await using var command = new NpgsqlCommand("""
            with o as (
                insert into officer (user_name, normalized_user_name, display_name, roles, lockout_enabled) values ($1, upper($1), $2, $3, true) returning id)
            insert into api_key (name, scope, hash, officer_id) select $2, $4, $5, id from o
            """, connection)
        {
            Parameters =
            {
                new() { Value = $"api-{Guid.CreateVersion7():N}" }, new() { Value = name },
                new() { Value = scope switch { "read" => new[] { Roles.Manager }, "manage" => [Roles.Officer], _ => [] } }, new() { Value = scope }, new() { Value = HashOf(secret) },
            },
        };
        await command.ExecuteNonQueryAsync(ct);
        return secret;
    }

    /// <summary>A long random secret needs no slow hash.</summary>
    public static byte[] HashOf(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));

    // Until two hold it the circle's key lies under the master key; then that copy is destroyed and nobody but the members has it.
    private async Task ClearAsync(NpgsqlConnection connection, short circleId, int officerId, byte[] publicKey, bool alternate, CancellationToken ct)
    {
        byte[]? bootstrap;
        await using (var read = new NpgsqlCommand("select bootstrap_key from circle where id = $1 for update", connection) { Parameters = { new() { Value = circleId } } })
            bootstrap = await read.ExecuteScalarAsync(ct) as byte[];
        if (bootstrap is null)
            throw new RuleException("circle_has_members");
        var wrapped = CircleKeys.Wrap(keys.Open(bootstrap, "circle"), publicKey);
        await using var member = new NpgsqlCommand("insert into circle_member (circle_id, officer_id, alternate, wrapped_key, confirmed_at) values ($1, $2, $3, $4, now())", connection)
        {
            Parameters = { new() { Value = circleId }, new() { Value = officerId }, new() { Value = alternate }, new() { Value = wrapped } },
        };
        await member.ExecuteNonQueryAsync(ct);
        await using var destroy = new NpgsqlCommand("update circle set bootstrap_key = null where id = $1 and (select count(*) from circle_member m where m.circle_id = $1 and m.confirmed_at is not null) >= 2", connection) { Parameters = { new() { Value = circleId } } };
        await destroy.ExecuteNonQueryAsync(ct);
    }
}
