using Cea.Feedback.Officers;
using Cea.Feedback.Storage;
using Microsoft.EntityFrameworkCore;

namespace Cea.Feedback.Coding;

/// <summary>A version of the codebook as the deployment keeps it. None current: the shipped one is in use.</summary>
public sealed class CodebookVersion
{
    public string Version { get; set; } = "";
    public string Tsv { get; set; } = "";
    public DateTimeOffset At { get; set; }
    public int? By { get; set; }
    public bool Current { get; set; }
}

internal static class CurrentCodebook
{
    public static async Task<Codebook> ReadAsync(FeedbackDb db, CancellationToken ct) =>
        await db.Codebooks.Where(c => c.Current).Select(c => c.Tsv).FirstOrDefaultAsync(ct) is { } own ? Codebook.Parse(own) : Codebook.Default;
}
