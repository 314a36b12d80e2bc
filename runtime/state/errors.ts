/** What can go wrong with a state file. `FencedOut` is the running system's own. */
import { PipelineError } from "../errors.ts";

const FORGET =
  "terminate and resume the pipeline to start without its memory: keys seen within the window may then be " +
  "written again, and rows between its stages and dead letters are dropped";

/** The file's contents cannot be trusted. */
export class StateFileCorrupt extends PipelineError {
  override readonly name = "StateFileCorrupt";
  readonly code = "STATE_FILE_CORRUPT";
  readonly retryable = false;
  constructor(path: string, reason: string, options?: ErrorOptions) {
    super(
      `state file ${path} is damaged (${reason}); restore it from a backup, or ${FORGET}`,
      options,
    );
  }
}

/** The file was written by a newer release. */
export class StateFileTooNew extends PipelineError {
  override readonly name = "StateFileTooNew";
  readonly code = "STATE_FILE_TOO_NEW";
  readonly retryable = false;
  constructor(path: string, version: number, supported: number) {
    super(
      `state file ${path} has format ${version}, this release reads up to ${supported}; run the newer release again`,
    );
  }
}

/** Another file, or none, where a certain one should be: a volume was lost or mixed up. */
export class StateFileMissing extends PipelineError {
  override readonly name = "StateFileMissing";
  readonly code = "STATE_FILE_MISSING";
  readonly retryable = false;
  constructor(path: string, expected: string, found: string | null) {
    super(
      `state file ${path} should be ${expected}, but ${found === null ? "is not there" : `is ${found}`}; attach the ` +
        `right volume or restore the file, or ${FORGET}`,
    );
  }
}

/** No room on the volume; nothing was changed. */
export class StateVolumeFull extends PipelineError {
  override readonly name = "StateVolumeFull";
  readonly code = "STATE_VOLUME_FULL";
  readonly retryable = true;
  constructor(path: string, options?: ErrorOptions) {
    super(
      `no room for state file ${path}; enlarge the volume or its limit, processing goes on by itself then`,
      options,
    );
  }
}

/** The volume did not read or write: the outcome of a commit is unknown until the file is opened again. */
export class StateVolumeFailed extends PipelineError {
  override readonly name = "StateVolumeFailed";
  readonly code = "STATE_VOLUME_FAILED";
  readonly retryable = true;
  constructor(path: string, reason: string, options?: ErrorOptions) {
    super(`state file ${path} cannot be read or written (${reason}); check the volume and its permissions`, options);
  }
}

/** A frame at or below the mark was to be committed again: the caller must acknowledge it instead. */
export class FrameAlreadyCommitted extends PipelineError {
  override readonly name = "FrameAlreadyCommitted";
  readonly code = "FRAME_ALREADY_COMMITTED";
  readonly retryable = false;
  constructor(stream: string, sequence: number, mark: number) {
    super(`frame ${sequence} of stream ${stream || "(default)"} is at or below the mark ${mark}; acknowledge it only`);
  }
}
