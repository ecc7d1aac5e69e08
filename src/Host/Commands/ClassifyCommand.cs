using System.CommandLine;

namespace Cea.Host.Commands;

/// <summary>cea classify.</summary>
internal static class ClassifyCommand
{
    public static Command Create() => new("classify", "code texts with the current model");
}

/// <summary>cea model.</summary>
internal static class ModelCommand
{
    public static Command Create() => new("model", "train and measure");
}
