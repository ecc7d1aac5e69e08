namespace Cea.Feedback.Classification;

/// <summary>
/// A second look: each output is a logistic (or, when one of them must hold, softmax) function of all first-stage log odds. Starts as "believe your own head" and
/// learns only what differs: that a complaint about staff is rarely praise, that what speaks of bribes is sensitive.
/// </summary>
/// <param name="Own">For each output the input that is its own head.</param>
/// <param name="Weights">outputs × (inputs + 1), the last being the constant.</param>
internal sealed record DenseHead(string Name, string[] Labels, int[] Own, bool OneOf, int Inputs, float[] Weights, float[] Cuts)
{
    /// <summary>Log odds beyond this say no more.</summary>
    public const float Clip = 6;

    public void Score(ReadOnlySpan<float> inputs, Span<float> probabilities)
    {
        var most = float.MinValue;
        for (var o = 0; o < Labels.Length; o++)
        {
            var w = Weights.AsSpan(o * (Inputs + 1), Inputs + 1);
            var z = w[Inputs] + System.Numerics.Tensors.TensorPrimitives.Dot(w[..Inputs], inputs[..Inputs]);
            probabilities[o] = OneOf ? z : 1 / (1 + MathF.Exp(-z));
            most = Math.Max(most, z);
        }
        if (!OneOf)
            return;
        var sum = 0f;
        for (var o = 0; o < Labels.Length; o++)
            sum += probabilities[o] = MathF.Exp(probabilities[o] - most);
        for (var o = 0; o < Labels.Length; o++)
            probabilities[o] /= sum;
    }

    /// <param name="inputs">texts × inputs, from heads that did not see the text.</param>
    /// <param name="truth">texts × labels.</param>
    /// <param name="strictness">How strongly the weights are held to "own head only".</param>
    public static DenseHead Fit(string name, string[] labels, int[] own, bool oneOf, int inputs, float[] data, bool[] truth, int[] use, float strictness)
    {
        var (outputs, width) = (labels.Length, inputs + 1);
        var start = new float[outputs * width];
        for (var o = 0; o < outputs; o++)
            start[o * width + own[o]] = 1;
        var head = new DenseHead(name, labels, own, oneOf, inputs, (float[])start.Clone(), new float[outputs]);
        var w = head.Weights;
        var (slope, squares, p, speed) = (new float[w.Length], new float[w.Length], new float[outputs], 0.1f);
        for (var round = 0; round < 150; round++)
        {
            Array.Clear(slope);
            foreach (var i in use)
            {
                var x = data.AsSpan(i * inputs, inputs);
                head.Score(x, p);
                for (var o = 0; o < outputs; o++)
                {
                    var d = p[o] - (truth[i * outputs + o] ? 1 : 0);
                    var s = slope.AsSpan(o * width, width);
                    System.Numerics.Tensors.TensorPrimitives.MultiplyAdd(x, d, s[..inputs], s[..inputs]);
                    s[inputs] += d;
                }
            }
            for (var k = 0; k < w.Length; k++)
            {
                var g = slope[k] / use.Length + (k % width == inputs ? 0 : strictness * (w[k] - start[k]));
                squares[k] += g * g;
                w[k] -= speed * g / (MathF.Sqrt(squares[k]) + 1e-8f);
            }
        }
        return head;
    }

    public void Write(BinaryWriter to)
    {
        to.Write(Name);
        to.Write(OneOf);
        to.Write(Inputs);
        to.Write(Labels.Length);
        for (var o = 0; o < Labels.Length; o++)
        {
            to.Write(Labels[o]);
            to.Write(Own[o]);
            to.Write(Cuts[o]);
        }
        foreach (var weight in Weights)
            to.Write(weight);
    }

    public static DenseHead Read(BinaryReader from)
    {
        var (name, oneOf, inputs, outputs) = (from.ReadString(), from.ReadBoolean(), from.ReadInt32(), from.ReadInt32());
        if (inputs is < 1 or > LinearModel.MostHeads || outputs is < 1 or > LinearModel.MostHeads)
            throw new InvalidDataException("numbers out of range");
        var (labels, own, cuts) = (new string[outputs], new int[outputs], new float[outputs]);
        for (var o = 0; o < outputs; o++)
            (labels[o], own[o], cuts[o]) = (from.ReadString(), from.ReadInt32(), from.ReadSingle());
        var weights = new float[outputs * (inputs + 1)];
        for (var k = 0; k < weights.Length; k++)
            weights[k] = from.ReadSingle();
        return new(name, labels, own, oneOf, inputs, weights, cuts);
    }
}
