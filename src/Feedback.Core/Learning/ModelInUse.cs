using System.Security.Cryptography;
using Cea.Feedback.Classification;
using Cea.Feedback.Storage;
using Npgsql;

namespace Cea.Feedback.Learning;

/// <summary>
/// The classifier that reads now: the promoted model, else the shipped one. Another Host's promotion is seen by <see cref="RefreshAsync"/>; who reads at that moment ends with the
/// model that he began with. A promoted model that cannot be used leaves the shipped one in its place.
/// </summary>
public sealed class ModelInUse(ITextClassifier shipped, Databases databases, KeyRing keys) : ITextClassifier
{
    /// <summary>Model files are sealed for this purpose.</summary>
    public const string Purpose = "learned model";

    private volatile State _state = new(null, shipped, null);

    public string Version => _state.Reader.Version;

    public ITextClassifier Now => _state.Reader;

    public ITextClassifier Shipped => shipped;

    /// <summary>Why the promoted model is not in use, a stable word; null when there is nothing wrong.</summary>
    public string? Trouble => _state.Trouble;

    public Reading Read(string? text, string? statedLanguage = null) => _state.Reader.Read(text, statedLanguage);

    /// <summary>Looks which model is promoted and takes it; true when that was news.</summary>
    public async Task<bool> RefreshAsync(CancellationToken ct)
    {
        await using var command = databases.Worker.CreateCommand("select id from learned_model where state = 'champion'");
        var id = await command.ExecuteScalarAsync(ct) as int?;
        if (id == _state.ModelId)
            return false;
        _state = id is { } promoted ? await LoadAsync(promoted, ct) : new(null, shipped, null);
        return true;
    }

    private async Task<State> LoadAsync(int id, CancellationToken ct)
    {
        await using var command = databases.Worker.CreateCommand("select sealed from learned_model where id = $1");
        command.Parameters.Add(new() { Value = id });
        try
        {
            var reader = Open(await command.ExecuteScalarAsync(ct) as byte[], keys);
            reader.Read("agua"); // made ready before anybody waits for an answer
            return new(id, reader, null);
        }
        catch (Exception wrong) when (wrong is CryptographicException or ModelFileException)
        {
            return new(id, shipped, wrong is ModelFileException ? "damaged" : "sealed_with_another_key");
        }
    }

    /// <exception cref="CryptographicException">Sealed with another key, or damaged.</exception>
    /// <exception cref="ModelFileException">Not there, or no such model.</exception>
    public static TextClassifier Open(byte[]? sealedModel, KeyRing keys) =>
        TextClassifier.Load(keys.Open(sealedModel ?? throw new ModelFileException("its file is gone"), Purpose), "the promoted model");

    private sealed record State(int? ModelId, ITextClassifier Reader, string? Trouble);
}
