using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Cea.Feedback.Classification;

/// <summary>A model file that is damaged, cut off, of another program or of a later version. The message says which.</summary>
public sealed class ModelFileException(string message) : FormatException(message);

/// <summary>
/// One file: 8 bytes of mark, version, kind, length, SHA-256 of all that follows, then the models. Weights start on multiples of 64 and are used where the file
/// is mapped; the rest is copied. A file is never changed in place: a new one is written beside it and renamed.
/// </summary>
internal sealed class ModelFile : IDisposable
{
    public const int OneModel = 1, Bundle = 2;
    private const int Version = 2, Head = 64;
    private const long Most = 512L << 20;
    private static ReadOnlySpan<byte> Mark => "CEAMODEL"u8;

    private readonly MemoryMappedFile? _file; // null: the models keep their bytes themselves
    private readonly MemoryMappedViewAccessor? _view;

    public required int Kind { get; init; }
    /// <summary>First 12 hexadecimal digits of the SHA-256.</summary>
    public required string Fingerprint { get; init; }
    public IReadOnlyList<LinearModel> Models { get; private set; } = [];
    public IReadOnlyList<DenseHead> Second { get; private set; } = [];
    public Lexicon Lexicon { get; private set; } = Lexicon.Empty;
    public IReadOnlyDictionary<string, string> Facts { get; private set; } = new Dictionary<string, string>();

    private ModelFile(MemoryMappedFile? file, MemoryMappedViewAccessor? view) => (_file, _view) = (file, view);

    /// <exception cref="ModelFileException">The file cannot be trusted; nothing of it was used.</exception>
    public static unsafe ModelFile Open(string path)
    {
        var name = Path.GetFileName(path);
        var size = new FileInfo(path) is { Exists: true } info ? info.Length : throw new ModelFileException($"{name}: no such model file");
        if (size is < Head or > Most)
            throw new ModelFileException($"{name}: not a model of this program ({size} bytes)");
        var file = MemoryMappedFile.CreateFromFile(path, FileMode.Open, null, 0, MemoryMappedFileAccess.Read);
        var view = file.CreateViewAccessor(0, size, MemoryMappedFileAccess.Read);
        byte* start = null;
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        try
        {
            return Read(start, size, name, file, view, null);
        }
        catch
        {
            view.SafeMemoryMappedViewHandle.ReleasePointer();
            view.Dispose();
            file.Dispose();
            throw;
        }
    }

    /// <summary>The same of bytes that are in no file; they are copied, and live as long as the models.</summary>
    /// <exception cref="ModelFileException">They cannot be trusted.</exception>
    public static unsafe ModelFile Read(ReadOnlySpan<byte> content, string name)
    {
        if (content.Length < Head)
            throw new ModelFileException($"{name}: not a model of this program ({content.Length} bytes)");
        var own = GC.AllocateUninitializedArray<byte>(content.Length, pinned: true);
        content.CopyTo(own);
        return Read((byte*)Marshal.UnsafeAddrOfPinnedArrayElement(own, 0), own.Length, name, null, null, own);
    }

    private static unsafe ModelFile Read(byte* start, long size, string name, MemoryMappedFile? file, MemoryMappedViewAccessor? view, byte[]? own)
    {
        var head = new ReadOnlySpan<byte>(start, Head);
        if (!head[..8].SequenceEqual(Mark))
            throw new ModelFileException($"{name}: not a model of this program");
        if (BitConverter.ToInt32(head[8..]) is var version && version != Version)
            throw new ModelFileException($"{name}: model version {version}, this program reads {Version}");
        if (BitConverter.ToInt64(head[16..]) is var length && length != size)
            throw new ModelFileException($"{name}: cut off or grown: {size} bytes instead of {length}");
        Span<byte> sum = stackalloc byte[32];
        SHA256.HashData(new ReadOnlySpan<byte>(start + Head, (int)(size - Head)), sum);
        if (!sum.SequenceEqual(head.Slice(24, 32)))
            throw new ModelFileException($"{name}: damaged: its checksum does not fit");
        var opened = new ModelFile(file, view) { Kind = BitConverter.ToInt32(head[12..]), Fingerprint = Convert.ToHexStringLower(sum[..6]) };
        try
        {
            using var stream = new UnmanagedMemoryStream(start, size);
            stream.Position = Head;
            using var reader = new BinaryReader(stream);
            opened.Facts = Enumerable.Range(0, reader.ReadInt32()).Select(_ => (Name: reader.ReadString(), Value: reader.ReadString())).ToDictionary(f => f.Name, f => f.Value, StringComparer.Ordinal);
            opened.Models = [.. Enumerable.Range(0, reader.ReadInt32()).Select(_ => ReadModel(reader, (object?)own ?? opened))];
            opened.Second = [.. Enumerable.Range(0, reader.ReadInt32()).Select(_ => DenseHead.Read(reader))];
            opened.Lexicon = Lexicon.Read(reader);
        }
        catch (Exception wrong) when (wrong is IOException or ArgumentException or OverflowException or InvalidDataException)
        {
            throw new ModelFileException($"{name}: damaged: {wrong.Message}");
        }
        return opened;
    }

    public static void Save(string path, int kind, IReadOnlyList<LinearModel> models, IReadOnlyList<DenseHead> second, Lexicon lexicon, IReadOnlyDictionary<string, string> facts)
    {
        var beside = path + ".new";
        using (var to = new FileStream(beside, FileMode.Create, FileAccess.Write))
        {
            to.Write(BytesOf(kind, models, second, lexicon, facts));
            to.Flush(flushToDisk: true);
        }
        File.Move(beside, path, overwrite: true);
    }

    /// <summary>What <see cref="Save"/> writes.</summary>
    public static ReadOnlySpan<byte> BytesOf(int kind, IReadOnlyList<LinearModel> models, IReadOnlyList<DenseHead> second, Lexicon lexicon, IReadOnlyDictionary<string, string> facts)
    {
        using var memory = new MemoryStream();
        memory.SetLength(Head);
        memory.Position = Head;
        using (var writer = new BinaryWriter(memory, Encoding.UTF8, leaveOpen: true))
        {
            writer.Write(facts.Count);
            foreach (var (name, value) in facts)
            {
                writer.Write(name);
                writer.Write(value);
            }
            writer.Write(models.Count);
            foreach (var model in models)
                WriteModel(writer, model);
            writer.Write(second.Count);
            foreach (var head in second)
                head.Write(writer);
            lexicon.Write(writer);
        }
        var bytes = memory.GetBuffer().AsSpan(0, (int)memory.Length);
        Mark.CopyTo(bytes);
        BitConverter.TryWriteBytes(bytes[8..], Version);
        BitConverter.TryWriteBytes(bytes[12..], kind);
        BitConverter.TryWriteBytes(bytes[16..], (long)bytes.Length);
        SHA256.HashData(bytes[Head..], bytes.Slice(24, 32));
        return bytes;
    }

    private static void WriteModel(BinaryWriter w, LinearModel m)
    {
        var s = m.Spec;
        foreach (var number in (ReadOnlySpan<int>)[s.Folded ? 1 : 0, s.CharMin, s.CharMax, s.WordMax, s.ExactWords ? 1 : 0, s.Extras ? 1 : 0, s.IdBits, s.MinTexts, m.OneOf ? 1 : 0, m.Labels.Count, m.Index.Rows])
            w.Write(number);
        for (var h = 0; h < m.Labels.Count; h++)
        {
            w.Write(m.Labels[h]);
            foreach (var number in (ReadOnlySpan<float>)[m.Scales[h], m.Bias[h], m.Calibrations[h].Slope, m.Calibrations[h].Shift, m.Cuts[h]])
                w.Write(number);
        }
        w.Write(m.GlobalCut);
        w.Write(MemoryMarshal.AsBytes(m.Index.Bits.AsSpan()));
        w.Flush();
        while (w.BaseStream.Position % 64 != 0)
            w.Write((byte)0);
        w.Write(MemoryMarshal.AsBytes(m.Weights));
    }

    private static unsafe LinearModel ReadModel(BinaryReader r, object keep)
    {
        var n = new int[11];
        for (var i = 0; i < n.Length; i++)
            n[i] = r.ReadInt32();
        var spec = new FeatureSpec(n[0] == 1, n[1], n[2], n[3], n[4] == 1, n[5] == 1, n[6], n[7]);
        var heads = n[9];
        if (spec.IdBits is < 8 or > 26 || heads is < 1 or > LinearModel.MostHeads || spec.CharMax is < 0 or > 8)
            throw new InvalidDataException("numbers out of range");
        var labels = new string[heads];
        var (scales, bias, cuts, calibrations) = (new float[heads], new float[heads], new float[heads], new Calibration[heads]);
        for (var h = 0; h < heads; h++)
            (labels[h], scales[h], bias[h], calibrations[h], cuts[h]) = (r.ReadString(), r.ReadSingle(), r.ReadSingle(), new(r.ReadSingle(), r.ReadSingle()), r.ReadSingle());
        var global = r.ReadSingle();
        var bits = new ulong[(1 << spec.IdBits) / 64];
        r.BaseStream.ReadExactly(MemoryMarshal.AsBytes(bits.AsSpan()));
        var before = new int[bits.Length];
        for (var i = 1; i < bits.Length; i++)
            before[i] = before[i - 1] + System.Numerics.BitOperations.PopCount(bits[i - 1]);
        var index = new RowIndex(bits, before);
        var stream = (UnmanagedMemoryStream)r.BaseStream;
        stream.Position = (stream.Position + 63) / 64 * 64;
        var length = (long)index.Rows * LinearModel.StrideOf(heads);
        if (index.Rows != n[10] || stream.Position + length > stream.Length)
            throw new InvalidDataException("weights missing");
        var weights = (sbyte*)stream.PositionPointer;
        stream.Position += length;
        return new(spec, labels, index, scales, bias, calibrations, cuts, global, n[8] == 1, weights, keep);
    }

    public void Dispose()
    {
        if (_view is null)
            return;
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _file!.Dispose();
    }
}
