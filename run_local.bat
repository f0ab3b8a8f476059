@echo off
rem Starts StoryGen on Windows; sets it up first where that is needed.
rem It only looks for a fit Python; everything else is done by storygen\launch.
rem Each candidate is run: a name that is found may be the Store's placeholder, or an old Python.
setlocal DisableDelayedExpansion
set "ENTRY=%~dp0storygen\launch\entry.py"
set "PYTHONUTF8=1"
set "PYTHON="

if defined STORYGEN_PYTHON call :try "%STORYGEN_PYTHON%"
if defined PYTHON goto found
call :try py -3
if defined PYTHON goto found
call :try python
if defined PYTHON goto found
call :try py -3.13
if defined PYTHON goto found
call :try py -3.12
if defined PYTHON goto found
call :try py -3.11
if defined PYTHON goto found
call :try py -3.14
if defined PYTHON goto found
call :try python3
if defined PYTHON goto found

echo StoryGen needs Python 3.11, 3.12, 3.13 or 3.14 (64 bit), and found none on this machine.
echo Install one from https://www.python.org/downloads/windows/ (no administrator needed),
echo then double-click run_local.bat again.
goto failed

:found
call %PYTHON% "%ENTRY%" %*
if not errorlevel 1 if errorlevel 0 exit /b 0

:failed
echo.
if not defined STORYGEN_NO_PAUSE pause
exit /b 1

:try
rem Sets PYTHON to this candidate if it is fit. "call" is for a python.bat (pyenv); it may leave the
rem status as it was when there is no such program, hence the failure before it. A crash is negative.
set "PYTHON="
cmd /c exit 1
call %* "%ENTRY%" --check-python >nul 2>nul
if not errorlevel 1 if errorlevel 0 set PYTHON=%*
exit /b 0
