using System.Collections.Concurrent;
using System.Globalization;
using Cea.Feedback.Officers;
using Cea.Feedback.Storage;
using Microsoft.AspNetCore.Http;
using Npgsql;

namespace Cea.Admin.Api;

/// <summary>The bearer key of a call: who it is, and whether its scope allows this. A known key is remembered for half a minute, so that feedback can be taken with the database away for a moment.</summary>
public sealed class ApiKeys(Databases databases, CurrentOfficer current, ApiTries tries, TimeProvider clock)
{
    /// <summary>The account under which feedback by API is kept.</summary>
    public const string AccountId = "api";

    public string KeyId { get; private set; } = "";

    /// <summary>Null when allowed; else the answer.</summary>
    public async Task<IResult?> CheckAsync(HttpContext context, string scope)
    {
        var from = context.Connection.RemoteIpAddress?.ToString() ?? "";
        if (tries.TooMany(from, clock.GetUtcNow()))
            return FeedbackApi.Problem(429, "too_many_tries", "too many wrong keys from your address: wait a minute");
        if (context.Request.Headers.Authorization.ToString() is not { Length: > 7 and < 200 } header || !header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase))
            return FeedbackApi.Problem(401, "key_needed", "send Authorization: Bearer KEY");
        if (await FindAsync(OfficerAccounts.HashOf(header[7..].Trim()), context.RequestAborted) is not { } key)
        {
            tries.Wrong(from, clock.GetUtcNow());
            return FeedbackApi.Problem(401, "key_unknown", "no such key");
        }
        if (!Allows(key.Scope, scope))
            return FeedbackApi.Problem(403, "scope", $"this key's scope is {key.Scope}; this needs {scope}");
        KeyId = key.Id.ToString(CultureInfo.InvariantCulture);
        current.Officer = new Officer(key.OfficerId, key.Name, Roles.RightsOf(key.Roles));
        return null;
    }

    private static bool Allows(string has, string needs) => has == needs || has == "manage";

    private async Task<ApiTries.Known?> FindAsync(byte[] hash, CancellationToken ct)
    {
        var name = Convert.ToHexString(hash);
        if (tries.Find(name, clock.GetUtcNow()) is { } known)
            return known;
        await using var command = databases.Pages.CreateCommand("select k.id, k.name, k.scope, k.officer_id, o.roles from api_key k join officer o on o.id = k.officer_id where k.hash = $1 and k.revoked_at is null and o.active");
        command.Parameters.Add(new() { Value = hash });
        await using var reader = await command.ExecuteReaderAsync(ct);
        return await reader.ReadAsync(ct) ? tries.Remember(name, new ApiTries.Known(reader.GetInt32(0), reader.GetString(1), reader.GetString(2), reader.GetInt32(3), (string[])reader[4], clock.GetUtcNow())) : null;
    }
}

/// <summary>Wrong keys by address, and right ones for a short while.</summary>
public sealed class ApiTries
{
    private const int Most = 20, MostAddresses = 10_000;
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1), Fresh = TimeSpan.FromSeconds(30);
    private readonly ConcurrentDictionary<string, (int Count, DateTimeOffset Since)> _wrong = new();
    private readonly ConcurrentDictionary<string, Known> _known = new();

    public sealed record Known(int Id, string Name, string Scope, int OfficerId, string[] Roles, DateTimeOffset At);

    public bool TooMany(string from, DateTimeOffset now) => _wrong.TryGetValue(from, out var w) && now - w.Since < Window && w.Count >= Most;

    public void Wrong(string from, DateTimeOffset now)
    {
        if (_wrong.Count > MostAddresses)
            _wrong.Clear();
        _wrong.AddOrUpdate(from, (1, now), (_, w) => now - w.Since < Window ? (w.Count + 1, w.Since) : (1, now));
    }

    public Known? Find(string key, DateTimeOffset now) => _known.TryGetValue(key, out var known) && now - known.At < Fresh ? known : null;

    public Known Remember(string key, Known known)
    {
        if (_known.Count > MostAddresses)
            _known.Clear();
        return _known[key] = known;
    }
}
