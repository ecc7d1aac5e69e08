using System.Buffers.Binary;
using System.Text;
using Cea.Feedback.Media;
using Cea.Testing;

namespace Cea.Feedback.Core.Tests.Media;

/// <summary>Files made here byte by byte, with a place hidden in every corner that their format has.</summary>
public sealed class MediaCleanerTests
{
    private const string Place = SamplePhoto.Place;

    [Fact]
    public void A_jpeg_loses_all_but_the_picture_and_which_way_is_up()
    {
        var clean = MediaCleaner.Clean(SamplePhoto.Jpeg(), "image/jpeg").ShouldNotBeNull();
        Tells(clean).ShouldBeFalse();
        clean.AsSpan().IndexOf("Exif"u8).ShouldBeGreaterThan(0);
        clean.AsSpan().IndexOf((ReadOnlySpan<byte>)[0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6]).ShouldBeGreaterThan(0, "the orientation stays");
        clean.AsSpan().IndexOf((ReadOnlySpan<byte>)[1, 2, 0xFF, 0, 3, 0xFF, 0xD0, 4, 0xFF, 0xD9]).ShouldBe(clean.Length - 10, "the scan is whole and nothing follows the end");
        MediaCleaner.Clean(clean, "image/jpeg").ShouldBe(clean);
    }

    [Fact]
    public void A_jpeg_that_stands_upright_has_no_exif_at_all() => MediaCleaner.Clean(SamplePhoto.Jpeg(1), "image/jpeg")!.AsSpan().IndexOf("Exif"u8).ShouldBe(-1);

    [Fact]
    public void A_png_keeps_only_what_draws_it()
    {
        byte[] png = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, .. Chunk("IHDR", new byte[13]), .. Chunk("eXIf", Encoding.ASCII.GetBytes(Place)), .. Chunk("tEXt", Encoding.ASCII.GetBytes(Place)), .. Chunk("zzZz", Encoding.ASCII.GetBytes(Place)),
            .. Chunk("IDAT", [1, 2, 3]), .. Chunk("iTXt", Encoding.ASCII.GetBytes(Place)), .. Chunk("IEND", []), .. Encoding.ASCII.GetBytes(Place)];
        var clean = MediaCleaner.Clean(png, "image/png").ShouldNotBeNull();
        clean.ShouldBe([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, .. Chunk("IHDR", new byte[13]), .. Chunk("IDAT", [1, 2, 3]), .. Chunk("IEND", [])]);
    }

    [Fact]
    public void A_webp_loses_exif_and_xmp_and_says_so_in_its_flags()
    {
        byte[] body = [.. "WEBP"u8, .. Riff("VP8X", [0x0C | 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0]), .. Riff("VP8 ", [1, 2, 3]), .. Riff("EXIF", Encoding.ASCII.GetBytes(Place)), .. Riff("XMP ", Encoding.ASCII.GetBytes(Place))];
        byte[] webp = [.. "RIFF"u8, .. Little(body.Length), .. body, .. Encoding.ASCII.GetBytes(Place)];
        byte[] kept = [.. "WEBP"u8, .. Riff("VP8X", [0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0]), .. Riff("VP8 ", [1, 2, 3])];
        MediaCleaner.Clean(webp, "image/webp").ShouldBe([.. "RIFF"u8, .. Little(kept.Length), .. kept]);
    }

    [Fact]
    public void A_gif_keeps_its_frames_and_its_loop()
    {
        byte[] head = [.. "GIF89a"u8, 1, 0, 1, 0, 0x80, 0, 0, 0, 0, 0, 255, 255, 255];
        byte[] loop = [0x21, 0xFF, 11, .. "NETSCAPE2.0"u8, 3, 1, 0, 0, 0], frame = [0x21, 0xF9, 4, 0, 0, 0, 0, 0, 0x2C, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0];
        byte[] said = [0x21, 0xFE, (byte)Place.Length, .. Encoding.ASCII.GetBytes(Place), 0], xmp = [0x21, 0xFF, 11, .. "XMP DataXMP"u8, (byte)Place.Length, .. Encoding.ASCII.GetBytes(Place), 0];
        MediaCleaner.Clean([.. head, .. loop, .. said, .. xmp, .. frame, 0x3B, .. Encoding.ASCII.GetBytes(Place)], "image/gif").ShouldBe([.. head, .. loop, .. frame, 0x3B]);
    }

    [Fact]
    public void A_video_forgets_where_it_was_taken_and_keeps_its_length()
    {
        byte[] video = [.. Box("ftyp", [.. "mp42"u8, 0, 0, 0, 0]), .. Box("moov", [.. Box("mvhd", [7]), .. Box("udta", Encoding.ASCII.GetBytes(Place)), .. Box("trak", Box("meta", Encoding.ASCII.GetBytes(Place)))]), .. Box("uuid", Encoding.ASCII.GetBytes(Place)), .. Box("mdat", [9, 9])];
        var clean = MediaCleaner.Clean(video, "video/mp4").ShouldNotBeNull();
        Tells(clean).ShouldBeFalse();
        clean.Length.ShouldBe(video.Length);
        clean[^2..].ShouldBe([9, 9]);
    }

    [Theory]
    [InlineData("image/jpeg")]
    [InlineData("image/png")]
    [InlineData("image/webp")]
    [InlineData("image/gif")]
    [InlineData("video/mp4")]
    public void Damaged_files_never_throw_and_never_keep_what_cannot_be_followed(string type)
    {
        for (var seed = 1; seed <= 500; seed++)
        {
            var random = new Random(seed);
            var file = SamplePhoto.Jpeg();
            if (type != "image/jpeg")
                random.NextBytes(file.AsSpan(12));
            file = file[..random.Next(14, file.Length)];
            for (var i = 0; i < 3; i++)
                file[random.Next(2, file.Length)] = (byte)random.Next(256);
            Should.NotThrow(() => MediaCleaner.Clean(file, type), $"seed {seed}");
        }
        MediaCleaner.Clean(SamplePhoto.Jpeg()[..60], "image/jpeg").ShouldBeNull();
    }

    [Theory]
    [InlineData("FFD8FFE000104A464946", "image/jpeg")]
    [InlineData("89504E470D0A1A0A0000000D49484452", "image/png")]
    [InlineData("52494646000000005745425056503820", "image/webp")]
    [InlineData("52494646000000005741564566", "audio/wav")]
    [InlineData("4F67675300020000", "audio/ogg")]
    [InlineData("2321414D520A", "audio/amr")]
    [InlineData("FFF15080", "audio/aac")]
    [InlineData("FFFB9064", "audio/mpeg")]
    [InlineData("0000001C667479706D703432000000", "video/mp4")]
    [InlineData("0000001C66747970336770340000", "video/3gpp")]
    [InlineData("255044462D312E37", "application/pdf")]
    [InlineData("0000001C667479706865696300000000", null)]
    [InlineData("3C68746D6C3E", null)]
    [InlineData("3C7376672078", null)]
    [InlineData("4D5A9000", null)]
    [InlineData("504B0304", null)]
    [InlineData("7F454C46", null)]
    [InlineData("", null)]
    public void What_a_file_is_is_told_by_its_content(string hex, string? type) => (MediaTypes.Of(Convert.FromHexString(hex)) is { } found ? found.Type : null).ShouldBe(type);

    private static bool Tells(byte[] file) => file.AsSpan().IndexOf(Encoding.ASCII.GetBytes(Place)) >= 0;

    private static byte[] Chunk(string kind, byte[] content)
    {
        var length = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, content.Length);
        return [.. length, .. Encoding.ASCII.GetBytes(kind), .. content, 1, 2, 3, 4];
    }

    private static byte[] Box(string kind, byte[] content)
    {
        var length = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, content.Length + 8);
        return [.. length, .. Encoding.ASCII.GetBytes(kind), .. content];
    }

    private static byte[] Riff(string kind, byte[] content) => [.. Encoding.ASCII.GetBytes(kind), .. Little(content.Length), .. content, .. new byte[content.Length & 1]];

    private static byte[] Little(int length)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, length);
        return bytes;
    }
}
