using Cea.Feedback.Officers;
using Cea.Feedback.Storage;
using Cea.Feedback.UseCases;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace Cea.Feedback.Coding;

public sealed record CodebookVersionRow(string Version, DateTimeOffset At, string? By, bool Current);

/// <summary>The codebook in use, or the version asked for, and all versions kept.</summary>
public sealed record CodebookShown(Codebook Codebook, bool Current, IReadOnlyList<CodebookVersionRow> Versions);

/// <summary>Shows the codebook. No version: the current one.</summary>
public sealed record CodebookVersions(string? Version) : IRead<CodebookShown>
{
    public Right Needs => Right.SignedIn;

    internal sealed class Handler(FeedbackDb db, CodebookInUse inUse) : IRequestHandler<CodebookVersions, CodebookShown>
    {
        public async Task<CodebookShown> Handle(CodebookVersions request, CancellationToken ct)
        {
            var versions = await db.Codebooks.OrderByDescending(c => c.At).Select(c => new CodebookVersionRow(c.Version, c.At, db.Officers.Where(o => o.Id == c.By).Select(o => o.DisplayName).FirstOrDefault(), c.Current)).ToListAsync(ct);
            var current = await inUse.ReadAsync(db, ct);
            if (request.Version is null || request.Version == current.Version)
                return new CodebookShown(current, true, versions);
            var tsv = request.Version == Codebook.Default.Version ? Codebook.Default.Tsv : await db.Codebooks.Where(c => c.Version == request.Version).Select(c => c.Tsv).FirstOrDefaultAsync(ct);
            return new CodebookShown(Codebook.Parse(tsv ?? throw new RuleException("codebook_not_found")), false, versions);
        }
    }
}
