using System.Security.Cryptography;
using System.Text;

namespace Cea.Feedback.Classification;

/// <summary>A model as one file: a mark, a format number, what it is, a SHA-256 of the content, the content. A damaged or foreign file is refused with a sentence.</summary>
public static class ModelFile
{
    private const int Format = 1;
    private static readonly byte[] Mark = "CEAMODEL"u8.ToArray();

    public static void Save(string path, LinearModel model) => Write(path, "labels", model.Write);

    /// <exception cref="InvalidDataException">Damaged, foreign, or a model of another kind.</exception>
    public static LinearModel LoadLabels(string path) => LinearModel.Read(Open(path, "labels", out _));

    public static void Save(string path, TextClassifier classifier) => Write(path, "classifier", writer =>
    {
        writer.Write(classifier.Groups.Count);
        foreach (var (topic, group) in classifier.Groups)
        {
            writer.Write(topic);
            writer.Write(group);
        }
        var t = classifier.Thresholds;
        foreach (var limit in new[] { t.SensitiveSure, t.SensitiveMaybe, t.ClassTwoSure, t.ClassTwoMaybe, t.Critical, t.High })
            writer.Write(limit);
        classifier.Codes.Write(writer);
        classifier.LanguagesModel.Write(writer);
    });

    /// <exception cref="InvalidDataException">Damaged, foreign, or a model of another kind.</exception>
    public static TextClassifier LoadClassifier(string path)
    {
        var reader = Open(path, "classifier", out var version);
        var groups = new Dictionary<string, string>();
        for (var n = reader.ReadInt32(); n > 0; n--)
            groups[reader.ReadString()] = reader.ReadString();
        var limits = new TextClassifier.Limits(reader.ReadSingle(), reader.ReadSingle(), reader.ReadSingle(), reader.ReadSingle(), reader.ReadSingle(), reader.ReadSingle());
        return new TextClassifier(version, LinearModel.Read(reader), LanguageModel.Read(reader), groups, limits);
    }

    private static void Write(string path, string kind, Action<BinaryWriter> content)
    {
        using var body = new MemoryStream();
        using (var writer = new BinaryWriter(body, Encoding.UTF8, leaveOpen: true))
            content(writer);
        using var file = File.Create(path);
        using var head = new BinaryWriter(file);
        head.Write(Mark);
        head.Write(Format);
        head.Write(kind);
        head.Write(SHA256.HashData(body.GetBuffer().AsSpan(0, (int)body.Length)));
        head.Write(body.GetBuffer().AsSpan(0, (int)body.Length));
    }

    private static BinaryReader Open(string path, string kind, out string version)
    {
        var bytes = File.ReadAllBytes(path);
        var reader = new BinaryReader(new MemoryStream(bytes), Encoding.UTF8);
        if (bytes.Length < 64 || !reader.ReadBytes(Mark.Length).AsSpan().SequenceEqual(Mark))
            throw new InvalidDataException("this file is no model of Cea");
        if (reader.ReadInt32() is var format && format != Format)
            throw new InvalidDataException($"this model is of format {format}; this build reads {Format}");
        if (reader.ReadString() is var found && found != kind)
            throw new InvalidDataException($"this is a model of {found}, not of {kind}");
        var hash = reader.ReadBytes(32);
        if (!SHA256.HashData(bytes.AsSpan((int)reader.BaseStream.Position)).AsSpan().SequenceEqual(hash))
            throw new InvalidDataException("this model is damaged: its content does not fit its checksum");
        version = Convert.ToHexStringLower(hash.AsSpan(0, 6));
        return reader;
    }
}
