using System.Diagnostics;

namespace Cea.Feedback.UseCases;

/// <summary>What broke and where, for a log: a kind and a method of a program's, never a message, which may quote what somebody wrote.</summary>
public static class Fault
{
    public static string Of(Exception trouble) =>
        new StackTrace(trouble).GetFrames().Select(f => f.GetMethod()).FirstOrDefault(m => m?.DeclaringType is not null) is { } at ? $"{trouble.GetType().Name} in {at.DeclaringType!.FullName}.{at.Name}" : trouble.GetType().Name;
}
