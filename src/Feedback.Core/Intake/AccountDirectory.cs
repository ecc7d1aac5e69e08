using System.Collections.Frozen;
using System.Security.Cryptography;
using Cea.Feedback.Storage;
using Microsoft.Extensions.Configuration;
using Npgsql;

namespace Cea.Feedback.Intake;

/// <summary>
/// The configured lines: from settings and environment (which win, and are read-only in the pages) and from the database. A wrong account is shown as broken and
/// stops nobody else; with the database away those of the settings still work.
/// </summary>
public sealed class AccountDirectory(IConfiguration configuration, ChannelKinds kinds, KeyRing keys, Databases databases, IntakeBoard board)
{
    private static readonly HashSet<string> Common = new(StringComparer.OrdinalIgnoreCase) { "Kind", "ServicePoint", "Languages", "Enabled" };

    /// <summary>Those of the settings, without the database: for the start.</summary>
    public void LoadConfigured()
    {
        var accounts = Configured().ToFrozenDictionary(a => a.Id);
        board.Snapshot = board.Snapshot with { Accounts = accounts };
    }

    /// <summary>Settings, database and service points together; configured lines get their row, so that a sender can be chosen for them.</summary>
    public async Task RefreshAsync(CancellationToken ct)
    {
        var configured = Configured().ToDictionary(a => a.Id);
        await using var connection = await databases.Worker.OpenConnectionAsync(ct);
        foreach (var account in configured.Values.Where(a => IsName(a.Id)))
        {
            await using var row = new NpgsqlCommand("""
                insert into channel_account (id, kind, service_point_id, languages, enabled) values ($1, $2, (select id from service_point where slug = $3), $4, $5)
                on conflict (id) do update set kind = excluded.kind, service_point_id = excluded.service_point_id, languages = excluded.languages, enabled = excluded.enabled
                where (channel_account.kind, channel_account.service_point_id, channel_account.languages, channel_account.enabled) is distinct from (excluded.kind, excluded.service_point_id, excluded.languages, excluded.enabled)
                """, connection)
            {
                Parameters = { new() { Value = account.Id }, new() { Value = account.Kind }, new() { Value = (object?)account.ServicePoint ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text }, new() { Value = account.Languages.ToArray() }, new() { Value = account.Enabled } },
            };
            await row.ExecuteNonQueryAsync(ct);
        }

        var all = new Dictionary<string, ChannelAccount>(configured);
        await using (var command = new NpgsqlCommand("""
            select a.id, a.kind, a.settings, s.slug, a.service_point_id, a.languages, a.enabled, a.broken, a.opened_at is not null from channel_account a left join service_point s on s.id = a.service_point_id
            """, connection))
        {
            await using var reader = await command.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct))
            {
                var id = reader.GetString(0);
                var settings = configured.ContainsKey(id) ? SettingsOf(id) : reader.IsDBNull(2) ? [] : AccountSettings.Open((byte[])reader[2], keys);
                all[id] = Build(id, reader.GetString(1), settings, reader.IsDBNull(3) ? null : reader.GetString(3), reader.IsDBNull(4) ? null : reader.GetInt32(4), (string[])reader[5], reader.GetBoolean(6), configured.ContainsKey(id),
                    reader.IsDBNull(7) ? null : reader.GetString(7), reader.GetBoolean(8));
            }
        }
        var places = new Dictionary<string, PlaceAtIntake>();
        await using (var command = new NpgsqlCommand("select id, slug, name, time_zone, visibility, hours::text from service_point where active", connection))
        {
            await using var reader = await command.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct))
                places[reader.GetString(1)] = new PlaceAtIntake(reader.GetInt32(0), reader.GetString(1), reader.GetString(2), reader.GetString(3), reader.GetString(4), reader.GetString(5));
        }
        var deployment = new Dictionary<string, string>();
        await using (var command = new NpgsqlCommand("select name, value from deployment", connection))
        {
            await using var reader = await command.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct))
                deployment[reader.GetString(0)] = reader.GetString(1);
        }
        var operators = new List<OperatorOnDuty>();
        await using (var command = new NpgsqlCommand("""
            select number, languages, gender, h.officer_id from helpline_operator h join officer o on o.id = h.officer_id
            where o.active and exists (select 1 from rota r where r.officer_id = h.officer_id and r.team_id is not null and r.starts_at <= now() and r.ends_at > now()) order by h.officer_id
            """, connection))
        {
            await using var reader = await command.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct))
            {
                if (Number((byte[])reader[0]) is { } number)
                    operators.Add(new OperatorOnDuty(number, (string[])reader[1], reader.GetString(2)) { OfficerId = reader.GetInt32(3) });
            }
        }
        board.Snapshot = new IntakeSnapshot(all.ToFrozenDictionary(), places.ToFrozenDictionary(), deployment) { Operators = operators };
    }

    // As the table and the addresses have it: one wrong name must not stop the refresh of all others.
    private static bool IsName(string id) => id.Length is > 0 and <= 63 && id[0] != '-' && id.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');

    // A number that was sealed with a key that is not here is nobody on duty; it must not stop the refresh of all lines.
    private string? Number(byte[] sealedNumber)
    {
        try
        {
            return keys.OpenText(sealedNumber, Routing.HelplineNumbers.Purpose);
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    private IEnumerable<ChannelAccount> Configured() => configuration.GetSection("Channels").GetChildren().Select(section =>
        Build(section.Key, section["Kind"] ?? "", SettingsOf(section.Key), section["ServicePoint"], null, section["Languages"]?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [],
            !string.Equals(section["Enabled"], "false", StringComparison.OrdinalIgnoreCase), true, null));

    private Dictionary<string, string> SettingsOf(string id) =>
        configuration.GetSection("Channels").GetSection(id).GetChildren().Where(s => !Common.Contains(s.Key) && s.Value is not null).ToDictionary(s => s.Key, s => s.Value!, StringComparer.OrdinalIgnoreCase);

    private ChannelAccount Build(string id, string kind, Dictionary<string, string>? opened, string? place, int? placeId, string[] languages, bool enabled, bool isFixed, string? refused, bool everOpen = true)
    {
        var settings = opened ?? [];
        var channel = kinds.Find(kind);
        var wrong = !IsName(id) ? new LineProblem("name_wrong", true, $"the name of a line has small letters, digits and - only, at most 63: rename Channels:{id}")
            : opened is null ? new LineProblem("sealed_elsewhere", true, "its settings were sealed with a key that is not here: enter them again")
            : channel is null ? new LineProblem("kind_unknown", true, $"no such kind of line: {kind}; one of {string.Join(' ', kinds.All.Select(c => c.Kind).Order())}", kind)
            : channel.Settings.FirstOrDefault(s => s.Required && string.IsNullOrWhiteSpace(settings.GetValueOrDefault(s.Name))) is { } missing ? new LineProblem("setting_missing", true, $"the setting {missing.Name} is missing: {missing.Help}", missing.Name)
            : settings.GetValueOrDefault(AccountSetting.Rate) is { Length: > 0 } rate && AccountSetting.ReadRate(rate) is null ? new LineProblem("rate_wrong", true, $"the setting {AccountSetting.Rate} must be a whole number from 1 to {AccountSetting.MostRate}", $"{AccountSetting.MostRate}")
            : null;
        var closed = AccountSettings.Closed(enabled, everOpen || isFixed);
        return new ChannelAccount(id, kind, new Dictionary<string, string>(settings, StringComparer.OrdinalIgnoreCase))
        {
            ServicePoint = place, ServicePointId = placeId, Languages = languages, Enabled = enabled, Fixed = isFixed, Broken = wrong ?? closed, Unopened = wrong is null && closed?.Code == "unopened",
            SendingStopped = refused is null ? null : $"the provider refused our credentials or number ({refused})",
            PublicUrl = $"{(configuration["Cea:PublicUrl"] ?? "http://127.0.0.1:5080").TrimEnd('/')}/c/{kind}/{id}",
        };
    }
}
