using System.Text;

namespace Cea.Testing;

/// <summary>A small JPEG made byte by byte, with a place hidden in every corner that the format has, and another picture glued on behind its end.</summary>
public static class SamplePhoto
{
    public const string Place = "GPS 14.0818,-87.2068";

    public static byte[] Jpeg(ushort orientation = 6)
    {
        byte[] tiff = [.. "II"u8, 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 0x01, 3, 0, 1, 0, 0, 0, (byte)orientation, 0, 0, 0, 0, 0, 0, 0, .. Encoding.ASCII.GetBytes(Place)];
        byte[] scan = [0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 63, 0, 1, 2, 0xFF, 0, 3, 0xFF, 0xD0, 4];
        return
        [
            0xFF, 0xD8, .. Segment(0xE0, [.. "JFIF\0"u8, 1, 1, 0, 0, 1, 0, 1, 0, 0]), .. Segment(0xE1, [.. "Exif\0\0"u8, .. tiff]), .. Segment(0xE1, Encoding.ASCII.GetBytes("http://ns.adobe.com/xap/1.0/\0" + Place)),
            .. Segment(0xED, Encoding.ASCII.GetBytes("Photoshop 3.0\0" + Place)), .. Segment(0xFE, Encoding.ASCII.GetBytes(Place)), .. Segment(0xE2, Encoding.ASCII.GetBytes("MPF\0" + Place)), .. Segment(0xDB, [0, .. new byte[64]]),
            .. Segment(0xC0, [8, 0, 1, 0, 1, 1, 1, 0x11, 0]), .. scan, 0xFF, 0xD9, 0xFF, 0xD8, .. Segment(0xE1, Encoding.ASCII.GetBytes(Place)), 0xFF, 0xD9,
        ];
    }

    private static byte[] Segment(byte marker, byte[] content) => [0xFF, marker, (byte)((content.Length + 2) >> 8), (byte)(content.Length + 2), .. content];
}
