using Cea.Feedback.Officers;
using Cea.Feedback.Storage;
using Cea.Feedback.UseCases;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace Cea.Feedback.Coding;

/// <summary>Goes back to a version that was kept, or to the shipped one.</summary>
public sealed record UseCodebook(string Version, Guid ClientId) : IWrite<string>
{
    public Right Needs => Right.ManageSettings;

    public object? AuditDetail => new { Version };

    internal sealed class Handler(FeedbackDb db) : IRequestHandler<UseCodebook, string>
    {
        public async Task<string> Handle(UseCodebook request, CancellationToken ct)
        {
            var kept = await db.Codebooks.Where(c => c.Version == request.Version).Select(c => c.Tsv).FirstOrDefaultAsync(ct);
            if (kept is null && request.Version != Codebook.Default.Version)
                throw new RuleException("codebook_not_found");
            var codebook = kept is null ? Codebook.Default : Codebook.Parse(kept);
            if (await db.Rules.Where(r => r.Topic != null).Select(r => r.Topic!).ToListAsync(ct) is var topics && topics.FirstOrDefault(t => codebook.Find("topic", t) is null && codebook.Find("group", t) is null) is { } lost)
                throw new RuleException("fields_wrong", [new WrongField("file", "rule_uses_topic", lost)]);
            await CodebookSwitch.ToAsync(db, request.Version, ct);
            return request.Version;
        }
    }
}
