using Cea.Feedback.Officers;

namespace Cea.Feedback.Intake;

/// <summary>Asks the provider of a line whether all is well there. No transaction is open meanwhile, so it is no use case; it refuses who may not by itself.</summary>
public sealed class AccountCheck(CurrentOfficer current, AccountDirectory directory, IntakeBoard board, ChannelKinds kinds)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(15);

    /// <summary>Plain sentences on what is wrong; empty when all is well; null when the provider does not answer from here.</summary>
    /// <exception cref="RuleException">not_allowed, account_not_found, cannot_be_checked, account_wrong (its settings are not complete).</exception>
    public async Task<IReadOnlyList<string>?> RunAsync(string id, CancellationToken ct)
    {
        if (!current.Officer.May(Right.ManageAccounts))
            throw new RuleException("not_allowed");
        await directory.RefreshAsync(ct);
        var account = board.Snapshot.Accounts.GetValueOrDefault(id) ?? throw new RuleException("account_not_found");
        if (kinds.Find(account.Kind) is not IChecksAccount checks)
            throw new RuleException("cannot_be_checked");
        if (account.Enabled && account.Broken is not null)
            throw new RuleException("account_wrong");
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(Limit);
        try
        {
            return await checks.CheckAsync(account, new Uri(account.PublicUrl + "/receive"), limit.Token);
        }
        catch (Exception away) when (away is HttpRequestException or OperationCanceledException && !ct.IsCancellationRequested)
        {
            return null;
        }
    }
}
