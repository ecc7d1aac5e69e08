using Cea.Feedback.Officers;

namespace Cea.Feedback.Intake;

/// <summary>An administrator asks the provider of a line at once. No transaction is open meanwhile, so it is no use case; it refuses who may not by itself.</summary>
public sealed class AccountCheck(CurrentOfficer current, AccountDirectory directory, IntakeBoard board, ChannelKinds kinds, LineCheck check)
{
    /// <summary>What is wrong; empty when all is well; null when the provider does not answer from here.</summary>
    /// <exception cref="RuleException">not_allowed, account_not_found, cannot_be_checked, account_wrong (its settings are not complete).</exception>
    public async Task<IReadOnlyList<LineProblem>?> RunAsync(string id, CancellationToken ct)
    {
        var account = await AccountAsync(id, ct);
        return await check.RunAsync(kinds.Find(account.Kind) as IChecksAccount ?? throw new RuleException("cannot_be_checked"), account, ct);
    }

    /// <summary>Tells the provider to call us, then asks whether all is well. <see cref="PointWebhook"/> has gone before, and stands in the audit.</summary>
    /// <returns>As <see cref="RunAsync"/>.</returns>
    /// <exception cref="RuleException">As <see cref="RunAsync"/>.</exception>
    public async Task<IReadOnlyList<LineProblem>?> PointHereAsync(string id, CancellationToken ct)
    {
        var account = await AccountAsync(id, ct);
        var channel = kinds.Find(account.Kind) as ISetsWebhook ?? throw new RuleException("cannot_be_checked");
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(LineCheck.Limit);
        try
        {
            if (await channel.SetWebhookAsync(account, new Uri(account.PublicUrl + "/receive"), limit.Token) is { } refused)
                return [refused];
        }
        catch (Exception away) when (away is HttpRequestException or OperationCanceledException && !ct.IsCancellationRequested)
        {
            return null;
        }
        return await RunAsync(id, ct);
    }

    private async Task<ChannelAccount> AccountAsync(string id, CancellationToken ct)
    {
        if (!current.Officer.May(Right.ManageAccounts))
            throw new RuleException("not_allowed");
        await directory.RefreshAsync(ct);
        var account = board.Snapshot.Accounts.GetValueOrDefault(id) ?? throw new RuleException("account_not_found");
        return account.Broken is { Code: not ("off" or "unopened") } ? throw new RuleException("account_wrong") : account;
    }
}
