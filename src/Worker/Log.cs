using Microsoft.Extensions.Logging;

namespace Cea.Worker;

/// <summary>Every line that jobs can log. Ids, counts and stable codes only.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Error, "{Job} failed and will be tried again: {Trouble}")]
    public static partial void JobFailed(ILogger logger, string job, string trouble);

    [LoggerMessage(2, LogLevel.Warning, "{Job} cannot work, the database is away")]
    public static partial void DatabaseAway(ILogger logger, string job);

    [LoggerMessage(3, LogLevel.Error, "{Dead} messages could not be triaged and wait as dead letters")]
    public static partial void DeadLetters(ILogger logger, int dead);

    [LoggerMessage(4, LogLevel.Warning, "{Failed} messages failed in triage and will be tried again")]
    public static partial void TriageFailed(ILogger logger, int failed);

    [LoggerMessage(5, LogLevel.Error, "The line {AccountId} refuses our credentials ({Code}); nothing is sent on it until it is mended")]
    public static partial void AccountBroken(ILogger logger, string accountId, string code);

    [LoggerMessage(6, LogLevel.Warning, "The line {AccountId} asked to wait {Seconds} s")]
    public static partial void AccountPaused(ILogger logger, string accountId, int seconds);

    [LoggerMessage(7, LogLevel.Warning, "{Count} sendings on the line {AccountId} are in doubt")]
    public static partial void InDoubt(ILogger logger, int count, string accountId);

    [LoggerMessage(8, LogLevel.Information, "Catching up on the line {AccountId}: {Count} messages found, {New} of them new")]
    public static partial void CaughtUp(ILogger logger, string accountId, int count, int @new);

    [LoggerMessage(9, LogLevel.Error, "Something is overdue and nobody who may be told of it is on call: see the rota and the circles")]
    public static partial void NobodyOnCall(ILogger logger);

    [LoggerMessage(10, LogLevel.Information, "Retention: {Addresses} addresses, {RawCalls} raw calls, {Anonymised} items, {Files} files")]
    public static partial void Retained(ILogger logger, int addresses, int rawCalls, int anonymised, int files);

    [LoggerMessage(11, LogLevel.Information, "{Count} templates changed their state")]
    public static partial void TemplatesChanged(ILogger logger, int count);

    [LoggerMessage(12, LogLevel.Information, "A pressed button on the line {AccountId} could not be answered; its message is kept")]
    public static partial void PressNotAnswered(ILogger logger, string accountId);

    [LoggerMessage(13, LogLevel.Information, "Learning, {Kind}: {State}; {Rows} items, {Seconds} s, at most {MemoryMb} MB more than before")]
    public static partial void Learned(ILogger logger, string kind, string state, int rows, int seconds, int memoryMb);

    [LoggerMessage(14, LogLevel.Error, "{Job} could not do the line {AccountId} and goes on with the others: {Trouble}")]
    public static partial void LineFailed(ILogger logger, string job, string accountId, string trouble);

    [LoggerMessage(15, LogLevel.Warning, "Recordings cannot be heard by the machine ({Code}): officers type them meanwhile; `cea doctor` asks the engine")]
    public static partial void NotHeard(ILogger logger, string code);

    [LoggerMessage(16, LogLevel.Warning, "{Count} messages got no automatic answer: whoever sent them had as many as one gets in an hour, so it may be a machine that answers ours")]
    public static partial void Quieted(ILogger logger, int count);
}
