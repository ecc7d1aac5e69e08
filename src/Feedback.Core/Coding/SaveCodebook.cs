using Cea.Feedback.Officers;
using Cea.Feedback.Storage;
using Cea.Feedback.UseCases;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace Cea.Feedback.Coding;

/// <summary>Takes a codebook file into use; every mistake in it is named with its line. Earlier versions are kept, the same content is the same version.</summary>
public sealed record SaveCodebook(string Tsv, Guid ClientId) : IWrite<string>
{
    public const int MaxLength = 1 << 20;

    public Right Needs => Right.ManageSettings;

    internal sealed class Handler(FeedbackDb db, Officer officer, TimeProvider clock) : IRequestHandler<SaveCodebook, string>
    {
        public async Task<string> Handle(SaveCodebook request, CancellationToken ct)
        {
            var check = new FieldCheck();
            check.Need(request.Tsv.Length > 0, "file", "needed");
            check.Need(request.Tsv.Length <= MaxLength, "file", "too_long");
            check.Refuse();
            foreach (var problem in CodebookTsv.Problems(request.Tsv))
                check.Need(false, "file", "codebook_wrong", problem);
            check.Refuse();

            var codebook = Codebook.Parse(request.Tsv);
            await RefuseOrphansAsync(codebook, check, ct);
            if (await db.Codebooks.FindAsync([codebook.Version], ct) is null)
                db.Codebooks.Add(new CodebookVersion { Version = codebook.Version, Tsv = codebook.Tsv, At = clock.GetUtcNow(), By = officer.Id });
            await db.SaveChangesAsync(ct);
            await CodebookSwitch.ToAsync(db, codebook.Version, ct);
            return codebook.Version;
        }

        private async Task RefuseOrphansAsync(Codebook codebook, FieldCheck check, CancellationToken ct)
        {
            foreach (var topic in await db.Rules.Where(r => r.Topic != null).Select(r => r.Topic!).Distinct().ToListAsync(ct))
                check.Need(codebook.Find("topic", topic) is not null || codebook.Find("group", topic) is not null, "file", "rule_uses_topic", topic);
            check.Refuse();
        }
    }
}

/// <summary>Exactly one version is current; the unique index allows no moment with two.</summary>
internal static class CodebookSwitch
{
    public static async Task ToAsync(FeedbackDb db, string version, CancellationToken ct)
    {
        await db.Codebooks.Where(c => c.Current && c.Version != version).ExecuteUpdateAsync(c => c.SetProperty(x => x.Current, false), ct);
        await db.Codebooks.Where(c => c.Version == version).ExecuteUpdateAsync(c => c.SetProperty(x => x.Current, true), ct);
    }
}
