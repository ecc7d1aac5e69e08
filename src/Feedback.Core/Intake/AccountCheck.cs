using Cea.Feedback.Officers;

namespace Cea.Feedback.Intake;

/// <summary>An administrator asks the provider of a line at once. No transaction is open meanwhile, so it is no use case; it refuses who may not by itself.</summary>
public sealed class AccountCheck(CurrentOfficer current, AccountDirectory directory, IntakeBoard board, ChannelKinds kinds, LineCheck check)
{
    /// <summary>What is wrong; empty when all is well; null when the provider does not answer from here.</summary>
    /// <exception cref="RuleException">not_allowed, account_not_found, cannot_be_checked, account_wrong (its settings are not complete).</exception>
    public async Task<IReadOnlyList<LineProblem>?> RunAsync(string id, CancellationToken ct)
    {
        if (!current.Officer.May(Right.ManageAccounts))
            throw new RuleException("not_allowed");
        await directory.RefreshAsync(ct);
        var account = board.Snapshot.Accounts.GetValueOrDefault(id) ?? throw new RuleException("account_not_found");
        if (kinds.Find(account.Kind) is not IChecksAccount channel)
            throw new RuleException("cannot_be_checked");
        if (account.Broken is { Code: not ("off" or "unopened") })
            throw new RuleException("account_wrong");
        return await check.RunAsync(channel, account, ct);
    }
}
