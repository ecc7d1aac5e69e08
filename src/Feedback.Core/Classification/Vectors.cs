using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Cea.Feedback.Classification;

/// <summary>The inner loops: rows of weights added up across heads.</summary>
internal static unsafe class Vectors
{
    private const int Ahead = 6, FarAhead = 16;

    /// <summary>into[h] = Σ values[j] · weights[rows[j], h]. Stride: a multiple of 16.</summary>
    public static void Dot(float* weights, int stride, int* rows, float* values, int count, float* into)
    {
        for (var h = 0; h < stride; h += 16)
        {
            var (a, b) = (Vector256<float>.Zero, Vector256<float>.Zero);
            for (var j = 0; j < count; j++)
            {
                if (Sse.IsSupported && j + Ahead < count)
                    Sse.Prefetch0(weights + (long)rows[j + Ahead] * stride + h);
                var row = weights + (long)rows[j] * stride + h;
                var v = Vector256.Create(values[j]);
                a = Vector256.FusedMultiplyAdd(v, Vector256.Load(row), a);
                b = Vector256.FusedMultiplyAdd(v, Vector256.Load(row + 8), b);
            }
            a.Store(into + h);
            b.Store(into + h + 8);
        }
    }

    /// <summary>weights[rows[j], h] += values[j] · steps[h].</summary>
    public static void Add(float* weights, int stride, int* rows, float* values, int count, float* steps)
    {
        for (var j = 0; j < count; j++)
        {
            var row = weights + (long)rows[j] * stride;
            var v = Vector256.Create(values[j]);
            for (var h = 0; h < stride; h += 8)
                Vector256.FusedMultiplyAdd(v, Vector256.Load(steps + h), Vector256.Load(row + h)).Store(row + h);
        }
    }

    /// <summary>into[h] += Σ weights[rows[j], h] of bytes; exact. Stride: a multiple of 16; count of any size.</summary>
    public static void Sum(sbyte* weights, int stride, int* rows, int count, int* into)
    {
        for (var from = 0; from < count; from += 256) // 256 · 127 fits 16 bits
        {
            var n = Math.Min(256, count - from);
            for (var h = 0; h < stride;)
            {
                switch (stride - h)
                {
                    case 16:
                        Sum16(weights + h, stride, rows + from, n, into + h);
                        h += 16;
                        break;
                    case 32:
                        Sum32(weights + h, stride, rows + from, n, into + h);
                        h += 32;
                        break;
                    default:
                        Sum48(weights + h, stride, rows + from, n, into + h);
                        h += 48;
                        break;
                }
            }
        }
    }

    private static void Sum16(sbyte* weights, int stride, int* rows, int count, int* into)
    {
        var a = Vector256<short>.Zero;
        for (var j = 0; j < count; j++)
        {
            Fetch(weights, stride, rows, j, count, 16);
            a += Wide(weights + (long)rows[j] * stride);
        }
        AddTo(into, a);
    }

    private static void Sum32(sbyte* weights, int stride, int* rows, int count, int* into)
    {
        var (a, b) = (Vector256<short>.Zero, Vector256<short>.Zero);
        for (var j = 0; j < count; j++)
        {
            Fetch(weights, stride, rows, j, count, 32);
            var row = weights + (long)rows[j] * stride;
            a += Wide(row);
            b += Wide(row + 16);
        }
        AddTo(into, a);
        AddTo(into + 16, b);
    }

    private static void Sum48(sbyte* weights, int stride, int* rows, int count, int* into)
    {
        var (a, b, c) = (Vector256<short>.Zero, Vector256<short>.Zero, Vector256<short>.Zero);
        for (var j = 0; j < count; j++)
        {
            Fetch(weights, stride, rows, j, count, 48);
            var row = weights + (long)rows[j] * stride;
            a += Wide(row);
            b += Wide(row + 16);
            c += Wide(row + 32);
        }
        AddTo(into, a);
        AddTo(into + 16, b);
        AddTo(into + 32, c);
    }

    // Rows lie anywhere in megabytes: their first and last byte are asked for well before they are needed.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Fetch(sbyte* weights, int stride, int* rows, int j, int count, int width)
    {
        if (!Sse.IsSupported || j + FarAhead >= count)
            return;
        var row = weights + (long)rows[j + FarAhead] * stride;
        Sse.Prefetch0(row);
        if (width > 16)
            Sse.Prefetch0(row + width - 1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<short> Wide(sbyte* from)
    {
        if (Avx2.IsSupported)
            return Avx2.ConvertToVector256Int16(from);
        var (low, high) = Vector128.Widen(Vector128.Load(from));
        return Vector256.Create(low, high);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddTo(int* into, Vector256<short> sum)
    {
        var (first, second) = Vector256.Widen(sum);
        (Vector256.Load(into) + first).Store(into);
        (Vector256.Load(into + 8) + second).Store(into + 8);
    }
}
