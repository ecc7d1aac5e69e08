using System.Globalization;
using Cea.Feedback.Officers;
using Cea.Feedback.Storage;
using Cea.Feedback.UseCases;
using MediatR;
using Microsoft.Extensions.Configuration;

namespace Cea.Feedback.Intake;

/// <summary>
/// Switches a line on or off. It goes on only with a risk note: somebody has thought about who reads that line on the way and on the phone. It goes off with messages still waiting only for
/// who is <see cref="Sure"/>: they stay until it is on again.
/// </summary>
public sealed record SwitchAccount(string Id, bool On, bool Sure, Guid ClientId) : IWrite<string>
{
    public Right Needs => Right.ManageAccounts;

    public object? AuditDetail => new { account = Id, On };

    internal sealed class Handler(FeedbackDb db, IConfiguration configuration, TimeProvider clock) : IRequestHandler<SwitchAccount, string>
    {
        public async Task<string> Handle(SwitchAccount request, CancellationToken ct)
        {
            var row = await db.Accounts.FindAsync([request.Id], ct) ?? throw new RuleException("account_not_found");
            if (AccountSettings.IsFixed(configuration, row.Id))
                throw new RuleException("account_fixed");
            if (request.On && string.IsNullOrWhiteSpace(row.RiskNote))
                throw new RuleException("fields_wrong", [new WrongField("risk_note", "risk_note_first")]);
            var now = clock.GetUtcNow();
            if (!request.On && row.Enabled && !request.Sure && (await LineNumbers.FactsAsync(db, now, ct)).GetValueOrDefault(row.Id) is { Waiting: > 0 and var waiting })
                throw new RuleException("fields_wrong", [new WrongField("sure", "messages_wait", waiting.ToString(CultureInfo.InvariantCulture))]);
            row.Enabled = request.On;
            if (request.On)
                row.OpenedAt ??= now;
            return row.Id;
        }
    }
}
