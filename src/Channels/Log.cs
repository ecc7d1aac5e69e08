using Microsoft.Extensions.Logging;

namespace Cea.Channels;

/// <summary>Every line that channels can log. Kinds, counts and stable phrases only.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "A call to a {Kind} line was refused with {Status}: {Note}")]
    public static partial void Refused(ILogger logger, string kind, int status, string note);

    [LoggerMessage(2, LogLevel.Warning, "A call to the {Kind} line {AccountId} with {Count} events could not be stored and was answered {Status}")]
    public static partial void NotStored(ILogger logger, string kind, string accountId, int count, int status);
}
