using System.Numerics;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Cea.Feedback.Classification;

/// <summary>The inner loops: rows of weights added up across heads.</summary>
internal static unsafe class Vectors
{
    private const int Ahead = 6;

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
            for (var h = 0; h < stride; h += 16)
            {
                var sum = Vector256<short>.Zero;
                for (var j = 0; j < n; j++)
                {
                    if (Sse.IsSupported && h == 0 && j + 12 < n)
                        Sse.Prefetch0(weights + (long)rows[from + j + 12] * stride);
                    var (low, high) = Vector128.Widen(Vector128.Load(weights + (long)rows[from + j] * stride + h));
                    sum += Vector256.Create(low, high);
                }
                var (first, second) = Vector256.Widen(sum);
                (Vector256.Load(into + h) + first).Store(into + h);
                (Vector256.Load(into + h + 8) + second).Store(into + h + 8);
            }
        }
    }
}
