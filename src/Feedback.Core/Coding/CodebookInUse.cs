using Cea.Feedback.Storage;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Cea.Feedback.Coding;

/// <summary>
/// The deployment's codebook, for everybody who needs one: whoever decides reads it in his own transaction, whoever only shows takes <see cref="Shown"/>. Each reading asks for the
/// version alone; a file is parsed once.
/// </summary>
public sealed class CodebookInUse
{
    private volatile Codebook _shown = Codebook.Default;

    /// <summary>As last read: at the beginning of the present request of an officer, or later.</summary>
    public Codebook Shown => _shown;

    /// <summary>As it is in the transaction of the use case.</summary>
    public async Task<Codebook> ReadAsync(FeedbackDb db, CancellationToken ct) => await ReadAsync((NpgsqlConnection)db.Database.GetDbConnection(), ct);

    /// <summary>As it is at this moment.</summary>
    public async Task<Codebook> ReadAsync(Databases databases, CancellationToken ct)
    {
        await using var connection = await databases.Pages.OpenConnectionAsync(ct);
        return await ReadAsync(connection, ct);
    }

    private async Task<Codebook> ReadAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        var known = _shown;
        // One statement, so that the version and the file are of the same moment. No row: the shipped one is in use.
        await using var command = new NpgsqlCommand("select version, case when version <> $1 then tsv end from codebook where current", connection) { Parameters = { new() { Value = known.Version } } };
        await using var reader = await command.ExecuteReaderAsync(ct);
        var own = await reader.ReadAsync(ct);
        return _shown = !own ? Codebook.Default : reader.IsDBNull(1) ? known : Codebook.Parse(reader.GetString(1));
    }
}
