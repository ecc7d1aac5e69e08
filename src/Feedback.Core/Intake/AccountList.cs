using System.Text.Json;
using Cea.Feedback.Officers;
using Cea.Feedback.Routing;
using Cea.Feedback.Storage;
using Cea.Feedback.UseCases;
using MediatR;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;

namespace Cea.Feedback.Intake;

/// <summary>A setting as pages show it: of a secret only whether it is there.</summary>
public sealed record AccountSettingShown(AccountSetting Setting, string? Value, bool Filled);

/// <summary>One line with its state. <see cref="Wrong"/>: nothing is taken or sent; <see cref="SendingStopped"/>: only sending waits for somebody.</summary>
public sealed record AccountShown(
    string Id, string Kind, bool Fixed, bool Enabled, int? ServicePointId, IReadOnlyList<string> Languages, string? RiskNote, IReadOnlyList<AccountSettingShown> Settings, string? WebhookUrl, bool CanBeChecked,
    string? Wrong, string? SendingStopped, DateTimeOffset? PausedUntil, DateTimeOffset? CaughtUpTo, DateTimeOffset? LastReceivedAt, IReadOnlyList<AccountFailures> Failures);

/// <summary>Sendings of the last seven days that failed or are in doubt, by the provider's code; of open items only.</summary>
public sealed record AccountFailures(string State, string Code, long Count);

/// <summary>The configured lines and the kinds that could be added.</summary>
public sealed record AccountsShown(IReadOnlyList<AccountShown> Accounts, IReadOnlyList<IChannel> Kinds);

public sealed record AccountList : IRead<AccountsShown>
{
    public Right Needs => Right.ManageAccounts;

    internal sealed class Handler(FeedbackDb db, KeyRing keys, ChannelKinds kinds, IConfiguration configuration, IntakeBoard board) : IRequestHandler<AccountList, AccountsShown>
    {
        public async Task<AccountsShown> Handle(AccountList request, CancellationToken ct)
        {
            var facts = (await db.Database.SqlQuery<Fact>($"select account_id as \"AccountId\", state as \"State\", code as \"Code\", count as \"Count\" from account_failures()").ToListAsync(ct)).ToLookup(f => f.AccountId);
            var rows = await db.Accounts.AsNoTracking().OrderBy(a => a.Id).ToListAsync(ct);
            return new AccountsShown([.. rows.Select(row =>
            {
                var known = board.Snapshot.Accounts.GetValueOrDefault(row.Id);
                var channel = kinds.Find(row.Kind);
                var values = AccountSettings.Of(row, configuration, keys);
                return new AccountShown(row.Id, row.Kind, AccountSettings.IsFixed(configuration, row.Id), row.Enabled, row.ServicePointId, row.Languages, row.RiskNote,
                    [.. (channel?.Settings ?? []).Select(s => new AccountSettingShown(s, s.Secret ? null : values.GetValueOrDefault(s.Name), !string.IsNullOrEmpty(values.GetValueOrDefault(s.Name))))],
                    channel is null ? null : $"{AccountSettings.PublicUrl(configuration, row.Kind, row.Id)}/receive{channel.Traits.WebhookSuffix}", channel is IChecksAccount, row.Enabled ? known?.Broken : null, row.Broken, row.PausedUntil, row.CaughtUpTo, row.LastReceivedAt,
                    [.. facts[row.Id].Select(f => new AccountFailures(f.State, f.Code, f.Count))]);
            })], [.. kinds.All.OrderBy(k => k.Kind)]);
        }

        private sealed record Fact(string AccountId, string State, string Code, long Count);
    }
}

/// <summary>Where an account's settings stand: in the environment, which wins, or sealed in its row.</summary>
internal static class AccountSettings
{
    public static bool IsFixed(IConfiguration configuration, string id) => configuration.GetSection("Channels").GetSection(id).Exists();

    public static Dictionary<string, string> Of(AccountRow row, IConfiguration configuration, KeyRing keys)
    {
        var values = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        if (IsFixed(configuration, row.Id))
        {
            foreach (var setting in configuration.GetSection("Channels").GetSection(row.Id).GetChildren().Where(s => s.Value is not null))
                values[setting.Key] = setting.Value!;
        }
        else if (row.Settings is { } kept)
        {
            foreach (var (name, value) in JsonSerializer.Deserialize<Dictionary<string, string>>(keys.OpenText(kept, "account")) ?? [])
                values[name] = value;
        }
        return values;
    }

    public static string PublicUrl(IConfiguration configuration, string kind, string id) => $"{(configuration["Cea:PublicUrl"] ?? "http://127.0.0.1:5080").TrimEnd('/')}/c/{kind}/{id}";
}
