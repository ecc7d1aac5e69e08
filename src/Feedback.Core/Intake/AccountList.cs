using System.Security.Cryptography;
using System.Text.Json;
using Cea.Feedback.Officers;
using Cea.Feedback.Replies;
using Cea.Feedback.Routing;
using Cea.Feedback.Storage;
using Cea.Feedback.UseCases;
using MediatR;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;

namespace Cea.Feedback.Intake;

/// <summary>A setting as pages show it: of a secret only whether it is there.</summary>
public sealed record AccountSettingShown(AccountSetting Setting, string? Value, bool Filled);

/// <summary>One line with its state and what it can do.</summary>
public sealed record AccountShown(
    string Id, string Kind, bool Fixed, bool Enabled, int? ServicePointId, IReadOnlyList<string> Languages, RiskNoteShown? RiskNote, IReadOnlyList<AccountSettingShown> Settings, IReadOnlyList<WebhookShown> Webhooks, ChannelTraits? Traits,
    LineState State, string? RefusedWith, DateTimeOffset? PausedUntil, DateTimeOffset? CaughtUpTo, DateTimeOffset? LastReceivedAt, DateTimeOffset? CheckedAt, bool CanBeChecked, LineFacts Facts, IReadOnlyList<AccountFailures> Failures, IReadOnlyList<LineTestRow> Tests)
{
    /// <summary>The most that is sent in a second.</summary>
    public double Rate { get; init; }

    /// <summary>The page can tell the provider where to call.</summary>
    public bool SetsWebhook { get; init; }
}

/// <summary>Who could read the line, as somebody has confirmed it.</summary>
public sealed record RiskNoteShown(string Text, DateTimeOffset? At, string? By);

/// <summary>An address of ours as it is pasted at the provider, and what is told there: receive, status.</summary>
public sealed record WebhookShown(string Action, string Url);

/// <summary>Sendings of the last seven days that failed or are in doubt, by their reason (<c>failure.{Code}</c>); of open items only.</summary>
public sealed record AccountFailures(string State, string Code, long Count);

/// <summary>The configured lines and the kinds that could be added.</summary>
public sealed record AccountsShown(IReadOnlyList<AccountShown> Accounts, IReadOnlyList<IChannel> Kinds);

public sealed record AccountList : IRead<AccountsShown>
{
    public Right Needs => Right.ManageAccounts;

    internal sealed class Handler(FeedbackDb db, KeyRing keys, ChannelKinds kinds, IConfiguration configuration, IntakeBoard board, TimeProvider clock) : IRequestHandler<AccountList, AccountsShown>
    {
        public async Task<AccountsShown> Handle(AccountList request, CancellationToken ct)
        {
            var now = clock.GetUtcNow();
            var failures = (await db.Database.SqlQuery<Failure>($"select account_id as \"AccountId\", state as \"State\", code as \"Code\", count as \"Count\" from account_failures()").ToListAsync(ct)).ToLookup(f => f.AccountId, f => new AccountFailures(f.State, f.Code, f.Count));
            var facts = await LineNumbers.FactsAsync(db, now, ct);
            var tests = await LineNumbers.TestsAsync(db, null, now, ct);
            var rows = await db.Accounts.AsNoTracking().OrderBy(a => a.Id).ToListAsync(ct);
            var names = await db.Officers.Where(o => rows.Select(r => r.RiskNotedBy).Contains(o.Id)).ToDictionaryAsync(o => o.Id, o => o.DisplayName, ct);
            return new AccountsShown([.. rows.Select(row =>
            {
                var known = board.Snapshot.Accounts.GetValueOrDefault(row.Id);
                var channel = kinds.Find(row.Kind);
                var values = AccountSettings.Of(row, configuration, keys);
                var isFixed = AccountSettings.IsFixed(configuration, row.Id);
                var counted = facts.GetValueOrDefault(row.Id) ?? LineFacts.None;
                List<AccountFailures> failed = [.. failures[row.Id]];
                var signs = new LineSigns(known?.Broken ?? AccountSettings.Closed(row.Enabled, row.OpenedAt is not null || isFixed), row.Broken is not null, row.RiskNote is not null, row.PausedUntil, row.LastReceivedAt, channel is IChecksAccount, row.CheckedAt, LineCheck.Kept(row.CheckFound),
                    counted, failed.Where(f => f.State == "failed").Sum(f => f.Count));
                return new AccountShown(row.Id, row.Kind, isFixed, row.Enabled, row.ServicePointId, row.Languages,
                    row.RiskNote is { } note ? new RiskNoteShown(note, row.RiskNotedAt, row.RiskNotedBy is { } by ? names.GetValueOrDefault(by) : null) : null,
                    [.. (channel?.Settings ?? []).Select(s => new AccountSettingShown(s, s.Secret ? null : values.GetValueOrDefault(s.Name), !string.IsNullOrEmpty(values.GetValueOrDefault(s.Name))))],
                    AccountSettings.Webhooks(configuration, row, channel), channel?.Traits,
                    LineState.Of(signs, now), row.Broken, row.PausedUntil, row.CaughtUpTo, row.LastReceivedAt, row.CheckedAt, channel is IChecksAccount, counted, failed, [.. tests.Where(t => t.AccountId == row.Id)])
                {
                    Rate = (values.GetValueOrDefault(AccountSetting.Rate) is { Length: > 0 } said ? AccountSetting.ReadRate(said) : null) ?? channel?.Traits.RatePerAccount ?? 0, SetsWebhook = channel is ISetsWebhook,
                };
            })], [.. kinds.All.OrderBy(k => k.Kind)]);
        }

        private sealed record Failure(string AccountId, string State, string Code, long Count);
    }
}

/// <summary>What is counted of lines, as the functions that may count it give it. Tests are in no count: what became of one would tell of its number.</summary>
internal static class LineNumbers
{
    public static async Task<Dictionary<string, LineFacts>> FactsAsync(FeedbackDb db, DateTimeOffset now, CancellationToken ct) =>
        (await db.Database.SqlQuery<Fact>($"""
            select account_id as "AccountId", sent_at as "SentAt", delivered_at as "DeliveredAt", sent_minute as "SentMinute", sent_hour as "SentHour", sent_week as "SentWeek", waiting as "Waiting", waiting_since as "WaitingSince", in_doubt as "InDoubt"
            from line_facts({now})
            """).ToListAsync(ct)).ToDictionary(f => f.AccountId, f => new LineFacts(f.SentAt, f.DeliveredAt, f.SentMinute, f.SentHour, f.SentWeek, f.Waiting, f.WaitingSince, f.InDoubt));

    public static Task<List<LineTestRow>> TestsAsync(FeedbackDb db, string? account, DateTimeOffset now, CancellationToken ct) => db.Database.SqlQuery<LineTestRow>($"""
        select account_id as "AccountId", id as "Id", officer as "By", at as "At", state as "State", code as "Code" from line_tests({now}) where account_id = coalesce({account}::text, account_id)
        """).ToListAsync(ct);

    private sealed record Fact(string AccountId, DateTimeOffset? SentAt, DateTimeOffset? DeliveredAt, long SentMinute, long SentHour, long SentWeek, long Waiting, DateTimeOffset? WaitingSince, long InDoubt);
}

/// <summary>Where an account's settings stand: in the environment, which wins, or sealed in its row.</summary>
internal static class AccountSettings
{
    public static bool IsFixed(IConfiguration configuration, string id) => configuration.GetSection("Channels").GetSection(id).Exists();

    /// <summary>Why a line that is complete is closed; null when it is open. One that was never opened wants something, one that was switched off is meant so.</summary>
    public static LineProblem? Closed(bool enabled, bool everOpen) => enabled ? null : everOpen ? new LineProblem("off", true, "switched off")
        : new LineProblem("unopened", true, "not open yet: write its risk note and switch it on at Settings > Lines; what reaches it is taken");

    /// <summary>Of a line whose settings were sealed with a key that is not here: none.</summary>
    public static Dictionary<string, string> Of(AccountRow row, IConfiguration configuration, KeyRing keys)
    {
        if (!IsFixed(configuration, row.Id))
            return row.Settings is { } kept ? Open(kept, keys) ?? [] : [];
        var values = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var setting in configuration.GetSection("Channels").GetSection(row.Id).GetChildren().Where(s => s.Value is not null))
            values[setting.Key] = setting.Value!;
        return values;
    }

    /// <summary>Null: sealed with a key that is not here, or no settings at all.</summary>
    public static Dictionary<string, string>? Open(byte[] kept, KeyRing keys)
    {
        try
        {
            return new(JsonSerializer.Deserialize<Dictionary<string, string>>(keys.OpenText(kept, "account")) ?? [], StringComparer.OrdinalIgnoreCase);
        }
        catch (Exception odd) when (odd is CryptographicException or JsonException)
        {
            return null;
        }
    }

    public static IReadOnlyList<WebhookShown> Webhooks(IConfiguration configuration, AccountRow row, IChannel? channel) => channel is null ? []
        : [.. (channel.Traits.TakesCalls ? new[] { "receive", "status" } : ["receive"]).Select(action => new WebhookShown(action, $"{PublicUrl(configuration, row.Kind, row.Id)}/{action}{channel.Traits.WebhookSuffix}"))];

    public static string PublicUrl(IConfiguration configuration, string kind, string id) => $"{(configuration["Cea:PublicUrl"] ?? "http://127.0.0.1:5080").TrimEnd('/')}/c/{kind}/{id}";
}
